# A static binary on nothing: no shell, no package manager, one user.
#
#   docker build -t piiproxy .
#   docker run --rm -p 127.0.0.1:8090:8090 -p 127.0.0.1:8092:8092 piiproxy demo --address 0.0.0.0:8090
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges \
#     -v ./etc:/etc/piiproxy:ro -v piiproxy-data:/var/lib/piiproxy piiproxy
#
# The root may be read-only: piiproxy writes only where store.path and
# keys.path point, so put both under /var/lib/piiproxy. Inside a container the
# listeners must be on 0.0.0.0 to be reached; publish the bot listener to the
# bot only, and ops to what watches it.

FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG VERSION=dev
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -buildid= -X main.version=${VERSION}" \
      -o /out/piiproxy ./cmd/piiproxy \
 && install -d -m 0700 -o 65532 -g 65532 /out/var/lib/piiproxy /out/var/lib/piiproxy/store /out/var/lib/piiproxy/keys \
 && install -d -m 0755 /out/etc/piiproxy \
 && echo 'nonroot:x:65532:65532::/var/lib/piiproxy:/none' > /out/passwd

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/passwd /etc/passwd
COPY --from=build /out/etc/piiproxy /etc/piiproxy
COPY --from=build --chown=65532:65532 /out/var/lib/piiproxy /var/lib/piiproxy
COPY --from=build /out/piiproxy /piiproxy
USER 65532:65532
# the demo keeps its store in a temporary folder, and there is no /tmp
ENV TMPDIR=/var/lib/piiproxy
WORKDIR /var/lib/piiproxy
VOLUME /var/lib/piiproxy
# public, bot, admin, ops; the demo's page and forms
EXPOSE 8080 8081 8082 8083 8090 8092
ENTRYPOINT ["/piiproxy"]
CMD ["serve", "-c", "/etc/piiproxy/piiproxy.yaml"]
