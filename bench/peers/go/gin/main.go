// A gin server with a list of studies from SQLite and a page of terms from a cache.
//
//	gin FILE        without any question who calls
//	gin FILE auth   with a session and a role, looked up in the same file for every call
package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"casebook.bench/peers/records"
	"github.com/gin-gonic/gin"
)

const (
	usualSize = 20
	mostSize  = 1000
	keptFor   = time.Minute
)

type page struct {
	Studies       []records.Study `json:"studies"`
	NextPageToken string          `json:"nextPageToken,omitempty"`
}

type terms struct {
	Terms []records.Term `json:"terms"`
}

// cache keeps pages of terms for a while: a map behind a lock for many readers.
type cache struct {
	lock  sync.RWMutex
	pages map[string]entry
}

type entry struct {
	terms []records.Term
	until time.Time
}

func (c *cache) get(key string) ([]records.Term, bool) {
	c.lock.RLock()
	found, ok := c.pages[key]
	c.lock.RUnlock()
	return found.terms, ok && time.Now().Before(found.until)
}

func (c *cache) put(key string, terms []records.Term) {
	c.lock.Lock()
	c.pages[key] = entry{terms, time.Now().Add(keptFor)}
	c.lock.Unlock()
}

func main() {
	kept, err := records.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(gin.Recovery())
	if len(os.Args) > 2 && os.Args[2] == "auth" {
		router.Use(mayRead(kept))
	}
	router.GET("/api/trial/list", listStudies(kept))
	router.GET("/api/term/list", listTerms(kept))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	server := &http.Server{Handler: router, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.Serve(listener))
}

// mayRead lets in whoever has a session and the role for it.
func mayRead(kept *records.Records) gin.HandlerFunc {
	return func(c *gin.Context) {
		token, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
		if !ok {
			fail(c, http.StatusUnauthorized, "log in first")
			return
		}
		switch roles, err := kept.Roles(c.Request.Context(), token); {
		case errors.Is(err, records.ErrUnknown):
			fail(c, http.StatusUnauthorized, "log in first")
		case err != nil:
			fail(c, http.StatusInternalServerError, "internal")
		case !slices.Contains(roles, "administrator"):
			fail(c, http.StatusForbidden, "not permitted")
		}
	}
}

func listStudies(kept *records.Records) gin.HandlerFunc {
	return func(c *gin.Context) {
		size, ok := size(c)
		if !ok {
			return
		}
		after, err := base64.RawURLEncoding.DecodeString(c.Query("pageToken"))
		if err != nil {
			fail(c, http.StatusBadRequest, "the token of a page is wrong")
			return
		}
		studies, err := kept.Studies(c.Request.Context(), string(after), size)
		if err != nil {
			fail(c, http.StatusInternalServerError, "internal")
			return
		}
		answer := page{Studies: studies}
		if len(studies) == size {
			last := studies[size-1].StudyOID
			answer.NextPageToken = base64.RawURLEncoding.EncodeToString([]byte(last))
		}
		c.JSON(http.StatusOK, answer)
	}
}

func listTerms(kept *records.Records) gin.HandlerFunc {
	known := cache{pages: map[string]entry{}}
	return func(c *gin.Context) {
		size, ok := size(c)
		if !ok {
			return
		}
		text := strings.ToLower(c.Query("text"))
		key := strconv.Itoa(size) + " " + text
		found, ok := known.get(key)
		if !ok {
			var err error
			if found, err = kept.Terms(c.Request.Context(), text, size); err != nil {
				fail(c, http.StatusInternalServerError, "internal")
				return
			}
			known.put(key, found)
		}
		c.JSON(http.StatusOK, terms{found})
	}
}

// size is how many rows are asked for.
func size(c *gin.Context) (int, bool) {
	size, err := strconv.Atoi(c.DefaultQuery("pageSize", strconv.Itoa(usualSize)))
	if err != nil || size < 1 || size > mostSize {
		fail(c, http.StatusBadRequest, "the size of a page is wrong")
		return 0, false
	}
	return size, true
}

func fail(c *gin.Context, status int, message string) {
	c.AbortWithStatusJSON(status, gin.H{"message": message})
}
