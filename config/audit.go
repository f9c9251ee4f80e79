package config

import "path/filepath"

// Audit says where the record of who did or decided what is kept.
type Audit struct {
	Path     string `yaml:"path" expand:"yes" path:"yes" doc:"the file, on a local disk; audit.jsonl in the folder of store.path when absent; closed files stand beside it"`
	MaxBytes Size   `yaml:"max_bytes" doc:"from what size a file is closed and the next one begun"`
}

// auditFile lies beside the store.
const auditFile = "audit.jsonl"

// auditLeast keeps a mistyped unit from making a file of every few lines.
const auditLeast = mib

// AuditPath is the audit log's file.
func (c *Config) AuditPath() string {
	if c.Audit.Path != "" {
		return c.Audit.Path
	}
	return filepath.Join(filepath.Dir(c.Store.Path), auditFile)
}

func (f *findings) audit() {
	audit := f.config.Audit
	switch {
	case audit.Path == "":
		f.complain("audit.path", "is empty: name a file, or leave it out")
	case audit.Path == f.config.Store.Path:
		f.complain("audit.path", "is the store's file: name another one")
	}
	if audit.MaxBytes < auditLeast || audit.MaxBytes > sizeMax {
		f.complain("audit.max_bytes", "must be from 1MiB to 2GiB")
	}
}
