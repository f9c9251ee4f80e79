package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// workloads are the sizes that the goals in docs/speed.md speak of. Clean texts
// hold no personal data.
func workloads() []workload {
	long := strings.Repeat("We have the jacket in blue and in green, both are warm and light and last for years. ", 50)
	return []workload{
		{"clean, 60 bytes", []string{"Is the blue jacket back in stock in size medium by any chance"}},
		{"clean, 200 bytes", []string{"Hello, the jacket came in the wrong colour and is a bit too small, so I would like to swap it for the green one in large if there is still one left; when could somebody come by to pick it up at the shop?"}},
		{"clean, 4 KB", []string{long[:4096]}},
		{"clean, 90 bytes, accents", []string{"¿Tienen la chaqueta azul en talla mediana? Gracias, la necesito para el viernes próximo"}},
		{"card, e-mail and phone, 200 bytes", []string{"Hello, please charge 4111 1111 1111 1111 for the blue jacket, send the receipt to alice.smith@example.com and call me on +1 202 555 0143 when it is on its way to the shop in town, thank you very much"}},
		{"six kinds, 400 bytes", []string{"Hello, I am Jane Doe and my card is 4111 1111 1111 1111 exp 12/29 cvv 737, my social is 219-09-9999 and you can write to jane.doe@example.com or call +1 202 555 0143 any time after noon. Please refund to GB82 WEST 1234 5698 7654 32 if the jacket is not there by Friday, or send the money by post to my office. I really need it before the weekend because we are going to leave for the lake house then."}},
	}
}

// rows reads the texts of labelled rows: their text, or what each turn says.
func rows(name string) (workload, error) {
	file, err := os.Open(name)
	if err != nil {
		return workload{}, err
	}
	defer file.Close()
	load := workload{name: filepath.Base(name)}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row struct {
			Text  string
			Turns []struct{ Text string }
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return workload{}, fmt.Errorf("%s: a line is no row", name)
		}
		if row.Text != "" {
			load.texts = append(load.texts, row.Text)
		}
		for _, turn := range row.Turns {
			load.texts = append(load.texts, turn.Text)
		}
	}
	return load, lines.Err()
}
