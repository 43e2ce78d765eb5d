import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * A Java client. Standard input: a line of port, name and trust anchor file for each handshake.
 * Answers a line each: accept, or refuse with the exception and its innermost cause.
 */
public final class Client {
    static SSLContext trusting(String roots) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (InputStream in = new FileInputStream(roots)) {
            for (Certificate root : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("anchor" + store.size(), root);
            }
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    static String judge(int port, String name, String roots) throws Exception {
        SSLContext context;
        try {
            context = trusting(roots);
        } catch (CertificateException refusal) {
            return "refuse\t" + ("trust anchor not readable: " + refusal).replaceAll("\\s+", " ");
        }
        try (Socket plain = new Socket("127.0.0.1", port);
                SSLSocket secure = (SSLSocket)
                        context.getSocketFactory().createSocket(plain, name, port, true)) {
            SSLParameters parameters = secure.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            secure.setSSLParameters(parameters);
            try {
                secure.startHandshake();
                return "accept\t";
            } catch (SSLException refusal) {
                Throwable cause = refusal;
                while (cause.getCause() != null) {
                    cause = cause.getCause();
                }
                return "refuse\t" + (refusal + " <- " + cause).replaceAll("\\s+", " ");
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] field = line.split("\t");
            System.out.println(judge(Integer.parseInt(field[0]), field[1], field[2]));
        }
    }
}
