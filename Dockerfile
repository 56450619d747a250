# syntax=docker/dockerfile:1
# A static binary on an empty image: nothing else is needed at run time.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /out/tabard ./cmd/tabard && mkdir /out/data

FROM scratch
COPY --from=build /out/tabard /tabard
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
VOLUME /data
EXPOSE 8700 8701
ENTRYPOINT ["/tabard"]
CMD ["server"]
