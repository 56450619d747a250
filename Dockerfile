# syntax=docker/dockerfile:1
# A static binary on an empty image, and the certificate authorities that other hosts' certificates are
# checked with: nothing else is needed at run time.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /out/tabard ./cmd/tabard && mkdir /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/tabard /tabard
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
ENV TABARD_DIR=/data
VOLUME /data
# 8700 is the public listener, 8800 that of the peers.
EXPOSE 8700 8800
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["/tabard", "healthcheck", "--quiet"]
ENTRYPOINT ["/tabard"]
CMD ["server"]
