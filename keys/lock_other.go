//go:build !unix

package keys

// locked does nothing where there is no flock.
func locked(string) (unlock func() error, err error) { return func() error { return nil }, nil }
