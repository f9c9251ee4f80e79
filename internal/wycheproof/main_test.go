package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// RFC 4231, case 1, and case 14 of the GCM specification (McGrew and Viega), each
// also with one bit of the tag changed.
const (
	hmacVectors = `{"numberOfTests":2,"testGroups":[{"keySize":256,"tagSize":256,"tests":[
		{"tcId":1,"key":"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b","msg":"4869205468657265","tag":"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7","result":"valid"},
		{"tcId":2,"key":"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b","msg":"4869205468657265","tag":"b1344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7","result":"invalid"}]}]}`
	gcmVectors = `{"numberOfTests":2,"testGroups":[{"keySize":256,"ivSize":96,"tagSize":128,"tests":[
		{"tcId":1,"key":"0000000000000000000000000000000000000000000000000000000000000000","iv":"000000000000000000000000","aad":"","msg":"00000000000000000000000000000000","ct":"cea7403d4d606b6e074ec5d3baf39d18","tag":"d0d1c8a799996bf0265b98b5d48ab919","result":"valid"},
		{"tcId":2,"key":"0000000000000000000000000000000000000000000000000000000000000000","iv":"000000000000000000000000","aad":"","msg":"00000000000000000000000000000000","ct":"cea7403d4d606b6e074ec5d3baf39d18","tag":"d0d1c8a799996bf0265b98b5d48ab918","result":"invalid"}]}]}`
)

func runOn(t *testing.T, hmacFile, gcmFile string) (failed int, output string, err error) {
	t.Helper()
	folder := t.TempDir()
	for name, content := range map[string]string{"hmac_sha256_test.json": hmacFile, "aes_gcm_test.json": gcmFile} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var buffer bytes.Buffer
	failed, err = run(folder, &buffer)
	return failed, buffer.String(), err
}

func TestRun(t *testing.T) {
	failed, output, err := runOn(t, hmacVectors, gcmVectors)
	if err != nil || failed != 0 || !strings.HasSuffix(output, "\n12 passed, 0 failed\n") {
		t.Errorf("%d failed (%v):\n%s", failed, err, output)
	}
}

// TestRunNotices: with the verdicts turned round, every vector fails.
func TestRunNotices(t *testing.T) {
	turn := strings.NewReplacer(`"valid"`, `"invalid"`, `"invalid"`, `"valid"`)
	failed, output, err := runOn(t, turn.Replace(hmacVectors), turn.Replace(gcmVectors))
	if err != nil || failed != 12 || !strings.HasSuffix(output, "\n0 passed, 12 failed\n") {
		t.Errorf("%d failed (%v):\n%s", failed, err, output)
	}
	for _, bad := range []string{"", "{}", `{"numberOfTests":2,"testGroups":[]}`, strings.Replace(hmacVectors, `"valid"`, `"perhaps"`, 1), strings.Replace(hmacVectors, `"0b`, `"zz`, 1)} {
		if _, _, err := runOn(t, bad, gcmVectors); err == nil {
			t.Errorf("%.40s is taken for vectors", bad)
		}
	}
}
