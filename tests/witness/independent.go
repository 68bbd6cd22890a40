// Go's own packages for signed notes and transparency logs judge what the courier signed and what the database proved. They come from
// golang.org/x/mod/sumdb and know nothing of telemetry. Reads JSON, and prints a line that counts what holds.
package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type asked struct {
	Key         string
	Notes       []string
	Consistency []struct {
		Old, New int // places in Notes
		Proof    []string
	}
	Inclusion []struct {
		Note  int // a place in Notes
		Index int64
		Leaf  string
		Proof []string
	}
}

type head struct {
	size int64
	root tlog.Hash
}

func main() {
	var a asked
	if err := json.NewDecoder(os.Stdin).Decode(&a); err != nil {
		fail(err)
	}
	verifier, err := note.NewVerifier(a.Key)
	if err != nil {
		fail(err)
	}
	var heads []head
	for _, text := range a.Notes {
		opened, err := note.Open([]byte(text), note.VerifierList(verifier))
		if err != nil {
			fail(err)
		}
		heads = append(heads, read(opened.Text))
		flipped := []byte(text)
		flipped[len(text)/3] ^= 1
		if _, err := note.Open(flipped, note.VerifierList(verifier)); err == nil {
			fail(errors.New("a note with a flipped bit is believed"))
		}
	}
	for _, c := range a.Consistency {
		older, newer := heads[c.Old], heads[c.New]
		proof := tlog.TreeProof(hashes(c.Proof))
		if err := tlog.CheckTree(proof, newer.size, newer.root, older.size, older.root); err != nil {
			fail(err)
		}
		older.root[0] ^= 1
		if tlog.CheckTree(proof, newer.size, newer.root, older.size, older.root) == nil {
			fail(errors.New("a proof for another root is believed"))
		}
	}
	for _, i := range a.Inclusion {
		leaf := hash(i.Leaf)
		proof := tlog.RecordProof(hashes(i.Proof))
		if err := tlog.CheckRecord(proof, heads[i.Note].size, heads[i.Note].root, i.Index, leaf); err != nil {
			fail(err)
		}
		leaf[0] ^= 1
		if tlog.CheckRecord(proof, heads[i.Note].size, heads[i.Note].root, i.Index, leaf) == nil {
			fail(errors.New("a proof for another leaf is believed"))
		}
	}
	fmt.Printf("%d notes, %d consistent, %d included\n", len(a.Notes), len(a.Consistency), len(a.Inclusion))
}

func read(text string) head {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 {
		fail(errors.New("a checkpoint has three lines"))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		fail(err)
	}
	return head{size, hash(lines[2])}
}

func hashes(texts []string) []tlog.Hash {
	var all []tlog.Hash
	for _, text := range texts {
		all = append(all, hash(text))
	}
	return all
}

func hash(text string) tlog.Hash {
	bytes, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(bytes) != tlog.HashSize {
		fail(fmt.Errorf("%q is no hash", text))
	}
	var h tlog.Hash
	copy(h[:], bytes)
	return h
}

func fail(err error) {
	fmt.Println(err)
	os.Exit(1)
}
