// Package rig sets piiproxy up between a platform and bots, for tests that go
// through the front door: the real binary, real sockets, real bot libraries.
//
// A Platform plays the part of Meta: it signs and escapes webhooks as Meta
// does, records every call byte for byte and answers it. A Bot is one of ours
// that can be slow, broken or forgetful on command; a LibraryBot is a program
// made with a published library. A Proxy is the piiproxy binary with a
// configuration of its own in a folder of its own. A Leak search looks for
// values in bytes, however they may be spelled.
//
// Nothing here is part of the product, and nothing here is a mock of it.
package rig
