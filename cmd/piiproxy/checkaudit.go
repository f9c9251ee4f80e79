package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/config"
)

// checkAudit sees that serve could go on with the audit log. It makes and changes
// nothing, and does not verify the whole log: audit verify does.
func checkAudit(report *report, loaded *config.Config) {
	path := loaded.AuditPath()
	head, err := audit.Look(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		checkAuditFolder(report, loaded, path)
		return
	case err != nil:
		report.add(loaded.Complaint("audit.path", "%v", err))
		return
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		report.add(loaded.Complaint("audit.path", "%s cannot be written, and nothing is served without it: let the user that runs piiproxy own it", path))
		return
	}
	if err := file.Close(); err != nil {
		report.add(loaded.Complaint("audit.path", "%s cannot be closed: look at its disk", path))
		return
	}
	report.note("audit", "%s, line %d", path, head.Seq)
}

func checkAuditFolder(report *report, loaded *config.Config, path string) {
	for folder := filepath.Dir(path); ; folder = filepath.Dir(folder) {
		found, err := os.Stat(folder)
		if err == nil && !found.IsDir() {
			report.add(loaded.Complaint("audit.path", "%s is a file, so the audit log cannot be made under it: choose another path", folder))
			return
		}
		if err == nil || folder == filepath.Dir(folder) {
			report.note("audit", "%s is not there yet: serve makes it", path)
			return
		}
	}
}
