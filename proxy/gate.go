package proxy

import (
	"net/http"
	"sync/atomic"
)

// gateBodies is how many bodies of the largest size may be held at once, over
// all requests: 256 MiB with the default limit of 4 MiB.
const gateBodies = 64

// gate bounds the memory of bodies that are held while a bot or the platform is
// slow. Over it requests are refused before they are read.
type gate struct {
	limit int64
	used  atomic.Int64
}

// enter reserves room for a request's body; leave gives back what it says.
// A body of unknown length takes the room of the largest.
func (g *gate) enter(r *http.Request, largest int64) (int64, bool) {
	room := r.ContentLength
	if room < 0 || room > largest {
		room = largest
	}
	if g.used.Add(room) > g.limit {
		g.used.Add(-room)
		return 0, false
	}
	return room, true
}

func (g *gate) leave(room int64) { g.used.Add(-room) }
