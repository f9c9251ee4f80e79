package config

import (
	"net/url"
	"strings"
)

func (f *findings) store() {
	store := f.config.Store
	switch store.Driver {
	case "bolt":
		if store.Path == "" {
			f.complain("store.path", "is empty: name a file")
		}
		for key, given := range map[string]Secret{"store.url": store.URL, "store.keys_url": store.KeysURL} {
			if given.IsSet() {
				f.complain(key, "is for postgres: take it away, or set driver")
			}
		}
	case "postgres":
		if f.config.written("store.path") {
			f.complain("store.path", "is for bolt: take it away, or set driver")
		}
		if !f.config.written("store.url") {
			f.complain("store.url", "is missing: postgres needs postgres://USER:PASSWORD@HOST:5432/DATABASE, best as ${NAME} or ${file:PATH}")
		}
		f.database("store.url", store.URL)
		f.database("store.keys_url", store.KeysURL)
	}
	f.keys()
}

// database looks at the URL of a database; no complaint ever quotes it.
func (f *findings) database(key string, secret Secret) {
	if !secret.IsSet() {
		return
	}
	u, err := url.Parse(secret.Reveal())
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || strings.Trim(u.Path, "/") == "" {
		f.complain(key, "is no URL of a database: write postgres://USER:PASSWORD@HOST:5432/DATABASE, with %%XX for characters of the password that a URL reserves")
		return
	}
	host := u.Hostname()
	if mode := u.Query().Get("sslmode"); host != "" && !loopback(host) && mode != "verify-full" && mode != "verify-ca" {
		f.warn(key, "the server's certificate is not verified: add sslmode=verify-full, and sslrootcert=FILE for an authority of your own")
	}
}
