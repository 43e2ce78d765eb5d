// A Go client. Standard input: a line of port, name and trust anchor file for each handshake.
// Answers a line each: accept, or refuse and crypto/x509's reason.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strings"
)

func judge(port, name, roots string) string {
	pem, err := os.ReadFile(roots)
	if err != nil {
		panic(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem) // one that Go cannot parse is as if it were not there
	plain, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		panic(err) // no connection is no verdict
	}
	defer plain.Close()
	err = tls.Client(plain, &tls.Config{RootCAs: pool, ServerName: name}).Handshake()
	if err != nil {
		return "refuse\t" + strings.Join(strings.Fields(err.Error()), " ")
	}
	return "accept\t"
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		field := strings.Split(lines.Text(), "\t")
		fmt.Println(judge(field[0], field[1], field[2]))
	}
}
