package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// nginx passes bytes on: the floor that no inspecting proxy reaches.
func (f *field) nginx(ctx context.Context, folder, address, upstream string) error {
	path, err := exec.LookPath("nginx")
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/nginx")
	}
	if err != nil {
		f.absent = append(f.absent, "nginx is not installed (Debian: apt-get install nginx-light)")
		return nil
	}
	file := filepath.Join(folder, "nginx.conf")
	err = os.WriteFile(file, []byte(lines(
		"daemon off; worker_processes auto; error_log stderr crit; pid "+filepath.Join(folder, "nginx.pid")+";",
		"events { worker_connections 1024; }",
		"http {",
		"  access_log off;",
		"  client_body_temp_path "+filepath.Join(folder, "body")+"; proxy_temp_path "+filepath.Join(folder, "proxy")+";",
		"  fastcgi_temp_path "+filepath.Join(folder, "fastcgi")+"; uwsgi_temp_path "+filepath.Join(folder, "uwsgi")+"; scgi_temp_path "+filepath.Join(folder, "scgi")+";",
		"  keepalive_requests 1000000;",
		"  upstream up { server "+upstream+"; keepalive 256; keepalive_requests 1000000; }",
		"  server { listen "+address+"; location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection \"\"; } }",
		"}",
	)), 0o600)
	if err != nil {
		return err
	}
	process, err := f.launch(ctx, address, nil, path, "-p", folder, "-c", file)
	if err != nil {
		return err
	}
	version, _ := exec.Command(path, "-v").CombinedOutput()
	f.contenders = append(f.contenders, &contender{
		name: "nginx pass-through", version: strings.TrimSpace(string(version)), bot: address, public: address, process: process,
	})
	return nil
}

// piiproxy is the real binary with all built-in rules, logging every message.
func (f *field) piiproxy(ctx context.Context, folder, upstream string, addresses []string, more ...string) error {
	binary := filepath.Join(folder, "piiproxy")
	if output, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/piiproxy/piiproxy/cmd/piiproxy").CombinedOutput(); err != nil {
		return fmt.Errorf("building piiproxy: %w\n%s", err, output)
	}
	file := filepath.Join(folder, "piiproxy.yaml")
	err := os.WriteFile(file, []byte(lines(append([]string{
		fmt.Sprintf("listen: {public: %q, bot: %q, admin: %q, ops: %q}", addresses[0], addresses[1], addresses[2], addresses[3]),
		"public_url: https://chat.example.com",
		"trusted_proxies: [127.0.0.0/8]", // the forms' people come from many addresses
		"apps: [{name: bench, app_secret: \"${BENCH_SECRET}\", verify_token: \"${BENCH_VERIFY}\"}]",
		"accounts:",
		"  - {name: shop, app: bench, channel: messenger, id: \"" + pageID + "\", regions: [US], bot_url: http://" + upstream + "/webhook, graph_url: http://" + upstream + "}",
		"  - {name: line, app: bench, channel: whatsapp, id: \"" + numberID + "\", regions: [US], bot_url: http://" + upstream + "/webhook, graph_url: http://" + upstream + "}",
		"store: {driver: bolt, path: ./piiproxy.db}",
		"keys: {path: ./keys}",
		"log: {level: info, format: json}",
	}, more...)...)), 0o600)
	if err != nil {
		return err
	}
	environ := []string{"BENCH_SECRET=" + secret, "BENCH_VERIFY=bench-verify-4Tq9Zx7Lw2"}
	keys := exec.CommandContext(ctx, binary, "keys", "init", "-c", file)
	keys.Env = append(os.Environ(), environ...)
	if output, err := keys.CombinedOutput(); err != nil {
		return fmt.Errorf("piiproxy keys init: %w\n%s", err, output)
	}
	process, err := f.launch(ctx, addresses[1], environ, binary, "serve", "-c", file)
	if err != nil {
		return err
	}
	f.contenders = append(f.contenders, &contender{
		name: "piiproxy", public: addresses[0], bot: addresses[1], prefix: "/shop", process: process,
	})
	return nil
}

// lines joins text for configuration files.
func lines(text ...string) string { return strings.Join(text, "\n") + "\n" }
