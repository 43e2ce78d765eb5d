import java.io.FileInputStream;
import java.io.InputStream;
import java.security.KeyStore;
import java.util.Collections;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * What Java makes of a keystore or truststore.
 *
 * <p>{@code list FILE PASSPHRASE}: a line for each entry. {@code serve FILE PASSPHRASE}: prints a
 * port and answers one client over TLS. {@code connect HOST PORT}: one handshake with the trust
 * that the system properties javax.net.ssl.trustStore... name. A failure is printed with its
 * innermost cause, and the exit code is 1.
 */
public final class Stores {
    static KeyStore load(String file, String passphrase) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = new FileInputStream(file)) {
            store.load(in, passphrase.toCharArray());
        }
        return store;
    }

    static void list(String file, String passphrase) throws Exception {
        KeyStore store = load(file, passphrase);
        for (String alias : Collections.list(store.aliases())) {
            if (store.isKeyEntry(alias)) {
                String kind = store.getKey(alias, passphrase.toCharArray()).getAlgorithm();
                int chain = store.getCertificateChain(alias).length;
                System.out.println("key\t" + alias + "\t" + kind + "\t" + chain);
            } else if (store.isCertificateEntry(alias)) {
                System.out.println("trusted\t" + alias);
            }
        }
    }

    static void serve(String file, String passphrase) throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(load(file, passphrase), passphrase.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        try (SSLServerSocket listener =
                (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0)) {
            System.out.println(listener.getLocalPort());
            try (SSLSocket client = (SSLSocket) listener.accept()) {
                client.getInputStream().read();
                client.getOutputStream().write("ok".getBytes());
            }
        }
    }

    static void connect(String host, int port) throws Exception {
        SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
        try (SSLSocket secure = (SSLSocket) factory.createSocket(host, port)) {
            SSLParameters parameters = secure.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            secure.setSSLParameters(parameters);
            secure.startHandshake();
            System.out.println("accept");
        }
    }

    public static void main(String[] arguments) {
        try {
            switch (arguments[0]) {
                case "list" -> list(arguments[1], arguments[2]);
                case "serve" -> serve(arguments[1], arguments[2]);
                default -> connect(arguments[1], Integer.parseInt(arguments[2]));
            }
        } catch (Exception failure) {
            Throwable cause = failure;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            System.out.println("refuse\t" + cause);
            System.exit(1);
        }
    }
}
