package platform

import (
	"crypto/rand"
	"net/http"
	"strings"
)

type failure struct {
	Error failureBody `json:"error"`
}

type failureBody struct {
	Message string          `json:"message"`
	Type    string          `json:"type"`
	Code    int             `json:"code"`
	Subcode int             `json:"error_subcode,omitempty"`
	Details *failureDetails `json:"error_data,omitempty"`
	Trace   string          `json:"fbtrace_id"`
}

type failureDetails struct {
	Product string `json:"messaging_product"`
	Details string `json:"details"`
}

// failed makes an error of Graph's shape; messages never quote the request.
func failed(status, code, subcode int, message string) (int, any) {
	return status, failure{failureBody{Message: message, Type: "OAuthException", Code: code, Subcode: subcode, Trace: traceID()}}
}

func failedWhatsApp(status, code int, message, details string) (int, any) {
	return status, failure{failureBody{Message: message, Type: "OAuthException", Code: code, Details: &failureDetails{Product: "whatsapp", Details: details}, Trace: traceID()}}
}

func unsupported(c *call) (int, any) {
	return http.StatusBadRequest, failure{failureBody{
		Message: "Unsupported " + strings.ToLower(c.Method) + " request. Object does not exist, cannot be loaded due to missing permissions, or does not support this operation",
		Type:    "GraphMethodException", Code: 100, Subcode: 33, Trace: traceID(),
	}}
}

func traceID() string { return "A" + rand.Text()[:22] }
