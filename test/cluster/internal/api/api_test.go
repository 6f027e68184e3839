package api

import (
	"slices"
	"testing"
)

func TestParseNodes(t *testing.T) {
	const body = `{"items":[
		{"metadata":{"name":"a"},"status":{"conditions":[{"type":"DiskPressure","status":"False"},{"type":"Ready","status":"True"}]}},
		{"metadata":{"name":"b"},"status":{"conditions":[{"type":"DiskPressure","status":"True"},{"type":"Ready","status":"Unknown"}]}},
		{"metadata":{"name":"c"},"status":{}}]}`
	want := []Node{{"a", true}, {"b", false}, {"c", false}}
	got, err := parseNodes([]byte(body))
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := parseNodes([]byte("<html>")); err == nil {
		t.Error("what is no JSON is taken")
	}
}

func TestCheckDeployment(t *testing.T) {
	for body, ready := range map[string]bool{
		`{"spec":{"replicas":2},"status":{"readyReplicas":2}}`: true,
		`{"spec":{"replicas":2},"status":{"readyReplicas":1}}`: false,
		`{"spec":{"replicas":1},"status":{}}`:                  false,
		`<html>`:                                               false,
	} {
		if err := checkDeployment([]byte(body)); (err == nil) != ready {
			t.Errorf("%s: %v", body, err)
		}
	}
}
