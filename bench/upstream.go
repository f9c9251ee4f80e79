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
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Length: " +
		strconv.Itoa(len(upstreamAnswer)) + "\r\n\r\n" + upstreamAnswer)
	for {
		connection, err := listener.Accept()
		if err != nil {
			return nil // closed: the bench is over
		}
		go answerAll(connection, answer)
	}
}

func answerAll(connection net.Conn, answer []byte) {
	defer connection.Close()
	reader := bufio.NewReader(connection)
	for {
		length, chunked, err := readHead(reader)
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
		if _, err := connection.Write(answer); err != nil {
			return
		}
	}
}

// readHead reads to the empty line and tells how long the body is.
func readHead(reader *bufio.Reader) (length int, chunked bool, err error) {
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return 0, false, err
		}
		text := strings.TrimRight(string(line), "\r\n")
		if text == "" {
			return length, chunked, nil
		}
		name, value, _ := strings.Cut(text, ":")
		switch {
		case strings.EqualFold(name, "Content-Length"):
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return 0, false, err
			}
		case strings.EqualFold(name, "Transfer-Encoding"):
			chunked = true
		}
	}
}
