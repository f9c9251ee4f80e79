package form

import (
	"crypto/sha256"
	"crypto/sha512"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"
)

// AssetPath is where Assets is to be served.
const AssetPath = "/c/assets/"

//go:embed assets
var assetFiles embed.FS

// asset is a file of ours under a name that changes with its content.
type asset struct {
	Path      string // on the site
	Integrity string // for the integrity attribute (W3C Subresource Integrity)
	kind      string // Content-Type
	body      []byte
}

func newAsset(stem, extension, kind string, body []byte) asset {
	sum := sha256.Sum256(body)
	check := sha512.Sum384(body)
	return asset{
		Path:      AssetPath + stem + "." + hex.EncodeToString(sum[:6]) + extension,
		Integrity: "sha384-" + base64.StdEncoding.EncodeToString(check[:]),
		kind:      kind,
		body:      body,
	}
}

// assetKinds are the files and their content types.
var assetKinds = map[string]string{
	"form.css": "text/css; charset=utf-8",
	"form.js":  "text/javascript; charset=utf-8",
	"lock.svg": "image/svg+xml",
}

// ownAssets are the files by their name in the folder.
var ownAssets = sync.OnceValue(func() map[string]asset {
	all := map[string]asset{}
	for name, kind := range assetKinds {
		body, _ := assetFiles.ReadFile("assets/" + name) // embedded: cannot fail
		extension := path.Ext(name)
		all[name] = newAsset(strings.TrimSuffix(name, extension), extension, kind, body)
	}
	return all
})

// brandAsset is the style sheet of a colour. A page cannot hold the colour
// itself: its policy forbids styles that stand in it.
func brandAsset(color string) asset {
	digits := hexOf(color)
	return newAsset("brand-"+digits, ".css", assetKinds["form.css"], []byte(brandSheet(digits)))
}

var brandName = regexp.MustCompile(`^` + AssetPath + `brand-([0-9a-f]{6})\.[0-9a-f]{12}\.css$`)

// Assets serves what pages load: style, script, picture and the style sheet of
// every colour, each under a name that holds its hash and may be kept for ever.
// It wants the whole path, which begins with AssetPath.
func Assets() http.Handler {
	known := map[string]asset{}
	for _, a := range ownAssets() {
		known[a.Path] = a
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := known[r.URL.Path]
		if m := brandName.FindStringSubmatch(r.URL.Path); m != nil {
			a = brandAsset(m[1])
			ok = a.Path == r.URL.Path
		}
		switch {
		case !ok:
			http.NotFound(w, r)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		default:
			a.serve(w, r)
		}
	})
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.Method == http.MethodGet {
		_, _ = w.Write(a.body) // the reader is gone: nobody to tell
	}
}
