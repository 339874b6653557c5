// Go's own log code, asked about ours: questions as a JSON array on stdin, an answer for each on stdout.
//
// Notes are opened by golang.org/x/mod/sumdb/note, proofs checked and tiles read by golang.org/x/mod/sumdb/tlog:
// the code that verifies Go's checksum database. Nothing here verifies by itself.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

type question struct {
	Ask     string
	Vkey    string
	Note    string
	Index   int64
	Old     int64
	OldRoot tlog.Hash
	Size    int64
	Root    tlog.Hash
	Leaf    tlog.Hash
	Proof   []tlog.Hash
	Folder  string
}

type answer struct {
	Ok    bool        `json:"ok"`
	Text  string      `json:"text"`
	Proof []tlog.Hash `json:"proof"`
	Error string      `json:"error"`
}

func main() {
	var questions []question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	answers := make([]answer, len(questions))
	for i, q := range questions {
		text, proof, err := reply(q)
		answers[i] = answer{Ok: err == nil, Text: text, Proof: proof}
		if err != nil {
			answers[i].Error = err.Error()
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		os.Exit(1)
	}
}

func reply(q question) (string, []tlog.Hash, error) {
	tree := tlog.Tree{N: q.Size, Hash: q.Root}
	switch q.Ask {
	case "open":
		verifier, err := note.NewVerifier(q.Vkey)
		if err != nil {
			return "", nil, err
		}
		opened, err := note.Open([]byte(q.Note), note.VerifierList(verifier))
		if err != nil {
			return "", nil, err
		}
		return opened.Text, nil, nil
	case "inclusion":
		return "", nil, tlog.CheckRecord(q.Proof, q.Size, q.Root, q.Index, q.Leaf)
	case "consistency":
		return "", nil, tlog.CheckTree(q.Proof, q.Size, q.Root, q.Old, q.OldRoot)
	case "prove inclusion":
		proof, err := tlog.ProveRecord(q.Size, q.Index, tlog.TileHashReader(tree, &folder{q.Folder}))
		if err != nil {
			return "", nil, err
		}
		// Before x/mod 0.40 the reader does not authenticate every tile (CVE-2026-56865); the proof tells.
		return "", proof, tlog.CheckRecord(proof, q.Size, q.Root, q.Index, q.Leaf)
	case "prove consistency":
		proof, err := tlog.ProveTree(q.Size, q.Old, tlog.TileHashReader(tree, &folder{q.Folder}))
		if err != nil {
			return "", nil, err
		}
		return "", proof, tlog.CheckTree(proof, q.Size, q.Root, q.Old, q.OldRoot)
	}
	return "", nil, fmt.Errorf("no such question")
}

// A folder of tiles at their C2SP paths, which are Go's without the height.
type folder struct{ path string }

func (f *folder) Height() int { return height }

func (f *folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
		read, err := os.ReadFile(filepath.Join(f.path, path))
		if err != nil {
			return nil, err
		}
		data[i] = read
	}
	return data, nil
}

func (f *folder) SaveTiles([]tlog.Tile, [][]byte) {}
