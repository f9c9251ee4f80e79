package route_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// BenchmarkRoute is a request with one token, its audit on disk, and the vendor's
// answer with the value; "vendor" is the same request without piiproxy.
func BenchmarkRoute(b *testing.B) {
	r := newRig(b, func(r *rig) { r.route.Restore.PerDay = 1 << 30 })
	r.vendor.says("application/json", `{"id":"o_1","email":"jane.doe@corp.example"}`)
	body := `{"customer":{"email":"` + r.email() + `"},"items":[{"sku":"A-1","n":2}]}`
	for name, target := range map[string]string{"route": r.server.URL + "/route/orders/v2/orders", "vendor": r.vendor.URL + "/api/v2/orders"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				request, _ := http.NewRequest("POST", target, strings.NewReader(body))
				request.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {token}}
				response, err := http.DefaultClient.Do(request)
				if err != nil || response.StatusCode != http.StatusOK {
					b.Fatal(err, response)
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
		})
	}
}
