package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/client"
)

// outOfForce is the failure of a DID that a resolution result says is suspended or revoked; nil of another.
func outOfForce(id did.ID, metadata jcs.Value) error {
	status, said := metadata.Get(api.MetadataStatus)
	if !said {
		return nil
	}
	text := func(name string) string { s, _ := status.GetString(name); return s }
	return notInForce(id, api.Status{Status: text("status"), Since: text("since"), By: text("by"), Reason: text("reason")})
}

func notInForce(id did.ID, s api.Status) error {
	why := ""
	if s.Reason != "" {
		why = ": " + s.Reason
	}
	return fail(exitRevoked, "%s is %s since %s, by %s%s", id, s.Status, s.Since, s.By, why)
}

// statusOf asks a node whether it knows a DID to be out of force; nil if not. Of those that are computed or live
// elsewhere it may know nothing.
func statusOf(ctx context.Context, cl *client.Client, id did.ID) (*api.Status, error) {
	if m := id.Method(); m != "webvh" && m != "web" {
		return nil, nil
	}
	got, err := cl.Status(ctx, string(id))
	var problem *client.Problem
	if errors.As(err, &problem) && problem.Status == http.StatusNotFound {
		return nil, nil
	}
	if err != nil || got.Status == credential.Active {
		return nil, err
	}
	return &got, nil
}

func askStatus(ctx context.Context, cl *client.Client, id did.ID) error {
	status, err := statusOf(ctx, cl, id)
	if err != nil || status == nil {
		return err
	}
	return notInForce(id, *status)
}

// withStatus adds to a result that was verified here what a node knows of the DID's status.
func withStatus(ctx context.Context, cl *client.Client, id did.ID, result jcs.Value) (_ jcs.Value, failure, err error) {
	status, err := statusOf(ctx, cl, id)
	if err != nil || status == nil {
		return result, err, nil // the result is shown all the same
	}
	said := jcs.Object(
		jcs.Member{Name: "status", Value: jcs.FromString(status.Status)},
		jcs.Member{Name: "since", Value: jcs.FromString(status.Since)},
		jcs.Member{Name: "by", Value: jcs.FromString(status.By)},
	)
	if status.Seq != nil {
		said = said.With("seq", jcs.FromInt(int64(*status.Seq)))
	}
	if status.Reason != "" {
		said = said.With("reason", jcs.FromString(status.Reason))
	}
	if status.InvalidFrom != "" {
		said = said.With("invalidFrom", jcs.FromString(status.InvalidFrom))
	}
	metadata, _ := result.Get("didDocumentMetadata")
	return result.With("didDocumentMetadata", metadata.With(api.MetadataStatus, said)), notInForce(id, *status), nil
}
