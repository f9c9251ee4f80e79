package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http/httputil"
	"strconv"
	"strings"
)

// The upstream is both the platform and the bot. It reads just enough HTTP to
// know where a request ends, so that it costs little beside the contenders.
const upstreamAnswer = `{"recipient_id":"7120348890000001","message_id":"m_AG5Hz2Uq7tuwNEhXfYYKj8mJEM_QPpz5jdCK48PnKAjSdjfipqxqMvK8ma6AC8fplwlqLP_5cgXIbu7I3rBN0P"}`

func serveUpstream(ctx context.Context, address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	go func() {
		<-ctx.Done()
		_ = listener.Close()
	}()
	entry := `{"code":200,"headers":[{"name":"Content-Type","value":"text\/javascript; charset=UTF-8"}],"body":` + strconv.Quote(upstreamAnswer) + `}`
	answer := answers{one: answerOf(upstreamAnswer), batch: answerOf("[" + strings.Repeat(entry+",", batchSize-1) + entry + "]")}
	for {
		connection, err := listener.Accept()
		if err != nil {
			return nil // closed: the bench is over
		}
		go answerAll(connection, answer)
	}
}

// answers are what the upstream says to a call, and to a batch of them.
type answers struct{ one, batch []byte }

func answerOf(body string) []byte {
	return []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
}

func answerAll(connection net.Conn, answer answers) {
	defer connection.Close()
	reader := bufio.NewReader(connection)
	for {
		length, chunked, batch, err := readHead(reader)
		if err != nil {
			return
		}
		if chunked {
			_, err = io.Copy(io.Discard, httputil.NewChunkedReader(reader))
			if err == nil {
				_, err = reader.ReadString('\n') // after the last chunk
			}
		} else {
			_, err = reader.Discard(length)
		}
		if err != nil {
			return
		}
		say := answer.one
		if batch {
			say = answer.batch
		}
		if _, err := connection.Write(say); err != nil {
			return
		}
	}
}

// readHead reads to the empty line and tells how long the body is, and whether the
// call is a batch.
func readHead(reader *bufio.Reader) (length int, chunked, batch bool, err error) {
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return 0, false, false, err
		}
		text := strings.TrimRight(string(line), "\r\n")
		if text == "" {
			return length, chunked, batch, nil
		}
		name, value, _ := strings.Cut(text, ":")
		switch {
		case strings.HasPrefix(text, "POST "+batchPath):
			batch = true
		case strings.EqualFold(name, "Content-Length"):
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return 0, false, false, err
			}
		case strings.EqualFold(name, "Transfer-Encoding"):
			chunked = true
		}
	}
}
