//go:build !unix

package keys

// locked does nothing where there is no flock.
func locked(string) (unlock func() error, err error) { return func() error { return nil }, nil }

// adopt does nothing where files have no such owners.
func adopt(string) error { return nil }
