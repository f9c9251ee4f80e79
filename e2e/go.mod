module github.com/piiproxy/piiproxy/e2e

go 1.26.0

require (
	github.com/piusalfred/whatsapp v0.0.42
	go.etcd.io/bbolt v1.5.0
)

require golang.org/x/sys v0.45.0 // indirect
