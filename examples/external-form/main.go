// Command external-form is a form on a web server of your own, in the place of
// piiproxy's. It shows how such a server speaks to piiproxy: two requests, with
// the token of a caller. It needs the standard library only; take it as a start.
//
//	PIIPROXY_TOKEN=ppx_… external-form -listen 127.0.0.1:8090 -piiproxy http://127.0.0.1:8082
//
// Values go from the person's browser through this server to piiproxy and are
// kept nowhere. Put TLS in front of it: people enter personal data here.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	log.SetFlags(0)
	listen := flag.String("listen", "127.0.0.1:8090", "the address of this server")
	piiproxy := flag.String("piiproxy", "http://127.0.0.1:8082", "piiproxy's admin listener")
	flag.Parse()
	if err := run(*listen, client{address: *piiproxy, token: os.Getenv("PIIPROXY_TOKEN")}); err != nil {
		log.Fatal("external-form: ", err)
	}
}

func run(address string, piiproxy client) error {
	if piiproxy.token == "" {
		return errors.New("set PIIPROXY_TOKEN to the token of a caller: piiproxy callers token makes one")
	}
	piiproxy.http = &http.Client{
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token goes nowhere else
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	server := &http.Server{
		Handler: pages{piiproxy}.handler(), ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, MaxHeaderBytes: 32 << 10,
	}
	return server.Serve(listener)
}
