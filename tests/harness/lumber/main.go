// Command lumber ships the lines of its standard input with the client library that Beats use, in windows
// of -batch documents, and says how many were acknowledged. It connects again until all of them are.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"net"
	"os"
	"time"

	v2 "github.com/elastic/go-lumber/client/v2"
)

func main() {
	address := flag.String("address", "", "where to send")
	batch := flag.Int("batch", 500, "documents in a window")
	level := flag.Int("compression", 3, "level of zlib, 0 for none")
	authority := flag.String("ca", "", "speak TLS with a server of this authority")
	flag.Parse()

	lines := []interface{}{}
	scanner := bufio.NewScanner(os.Stdin)
	for offset := 0; scanner.Scan(); offset += len(scanner.Text()) + 1 {
		lines = append(lines, document(scanner.Text(), offset))
	}
	acknowledged := 0
	deadline := time.Now().Add(60 * time.Second)
	for acknowledged < len(lines) && time.Now().Before(deadline) {
		client, err := connect(*address, *authority, *level)
		if err != nil {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		for acknowledged < len(lines) {
			end := min(acknowledged+*batch, len(lines))
			sent, err := client.Send(lines[acknowledged:end])
			acknowledged += sent
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				break
			}
		}
		client.Close()
	}
	fmt.Println(acknowledged)
}

func connect(address string, authority string, level int) (*v2.SyncClient, error) {
	dial := net.Dial
	if authority != "" {
		pem, err := os.ReadFile(authority)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		dial = func(network, address string) (net.Conn, error) {
			return tls.Dial(network, address, &tls.Config{RootCAs: pool})
		}
	}
	return v2.SyncDialWith(dial, address, v2.CompressionLevel(level), v2.Timeout(10*time.Second))
}

func document(line string, offset int) map[string]interface{} {
	return map[string]interface{}{
		"@timestamp": "2026-11-24T10:00:00.000Z",
		"@metadata":  map[string]string{"beat": "filebeat", "version": "8.15.0"},
		"message":    line,
		"log": map[string]interface{}{
			"offset": offset, "file": map[string]string{"path": "/var/log/auth.log"},
		},
		"agent": map[string]string{"type": "filebeat", "id": "a1", "name": "web1"},
		"host":  map[string]string{"name": "web1"},
	}
}
