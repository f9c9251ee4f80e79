//go:build linux

package rotation_test

import (
	"testing"

	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/postgres"
	"github.com/piiproxy/piiproxy/store/postgres/pgtest"
)

// TestRotationInFleet: three instances on one PostgreSQL, each with connections of
// its own.
func TestRotationInFleet(t *testing.T) {
	database := pgtest.Start(t).URL()
	folder := newFolder(t)
	open := func(table string) store.Store {
		s, err := postgres.Open(t.Context(), postgres.Config{URL: database, Table: table})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	}
	var fleet []*rig
	for range 3 {
		fleet = append(fleet, &rig{folder, open("values_of"), open("conversations_of")})
	}
	underLoad(t, fleet[0], fleet[0].start(t), fleet[1].start(t), fleet[2].start(t))
}
