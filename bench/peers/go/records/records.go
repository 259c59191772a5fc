// Package records is how the peers keep studies, terms and sessions: one SQLite file, typed columns,
// prepared statements, a few connections that only read.
package records

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"runtime"

	_ "github.com/mattn/go-sqlite3"
)

// ErrUnknown says that there is no such session.
var ErrUnknown = errors.New("unknown session")

// Study is a row of a list of studies.
type Study struct {
	StudyOID            string `json:"studyOid"`
	StudyName           string `json:"studyName"`
	ProtocolNumber      string `json:"protocolNumber"`
	Sponsor             string `json:"sponsor"`
	Phase               string `json:"phase"`
	Indication          string `json:"indication"`
	PlannedSiteCount    int32  `json:"plannedSiteCount"`
	PlannedSubjectCount int32  `json:"plannedSubjectCount"`
	Status              string `json:"status"`
	SiteCount           int32  `json:"siteCount"`
	Version             int32  `json:"version"`
	CreatedAt           string `json:"createdAt"`
}

// Term is an entry of a dictionary.
type Term struct {
	Code       string `json:"code"`
	Text       string `json:"text"`
	ParentCode string `json:"parentCode"`
}

// Records reads from one file.
type Records struct {
	studies, terms, session, roles *sql.Stmt
}

// Open prepares all statements on an existing file.
func Open(path string) (*Records, error) {
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro&_busy_timeout=5000&_cache_size=-32768")
	if err != nil {
		return nil, err
	}
	connections := runtime.GOMAXPROCS(0) * 2
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	var records Records
	for _, one := range []struct {
		into *(*sql.Stmt)
		text string
	}{
		{&records.studies, `SELECT study_oid, study_name, protocol_number, sponsor, phase, indication,
			planned_site_count, planned_subject_count, status, site_count, version, created_at
			FROM study WHERE study_oid > ? ORDER BY study_oid LIMIT ?`},
		{&records.terms, `SELECT code, text, parent_code FROM term
			WHERE word >= ?1 AND word < ?1 || char(1114111) ORDER BY word, code LIMIT ?2`},
		{&records.session, `SELECT user FROM session WHERE token_sha256 = ?`},
		{&records.roles, `SELECT role FROM user_role WHERE user = ?`},
	} {
		if *one.into, err = db.Prepare(one.text); err != nil {
			return nil, err
		}
	}
	return &records, nil
}

// Studies are those after an OID, in order.
func (r *Records) Studies(ctx context.Context, after string, size int) ([]Study, error) {
	rows, err := r.studies.QueryContext(ctx, after, size)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	studies := make([]Study, 0, size)
	for rows.Next() {
		var s Study
		if err := rows.Scan(&s.StudyOID, &s.StudyName, &s.ProtocolNumber, &s.Sponsor, &s.Phase,
			&s.Indication, &s.PlannedSiteCount, &s.PlannedSubjectCount, &s.Status, &s.SiteCount,
			&s.Version, &s.CreatedAt); err != nil {
			return nil, err
		}
		studies = append(studies, s)
	}
	return studies, rows.Err()
}

// Terms are those with a word that begins with a text.
func (r *Records) Terms(ctx context.Context, text string, size int) ([]Term, error) {
	rows, err := r.terms.QueryContext(ctx, text, size)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	terms := make([]Term, 0, size)
	for rows.Next() {
		var t Term
		if err := rows.Scan(&t.Code, &t.Text, &t.ParentCode); err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
	return terms, rows.Err()
}

// Roles finds whose session a token is, and what roles he has.
func (r *Records) Roles(ctx context.Context, token string) ([]string, error) {
	sum := sha256.Sum256([]byte(token))
	var user string
	switch err := r.session.QueryRowContext(ctx, hex.EncodeToString(sum[:])).Scan(&user); {
	case errors.Is(err, sql.ErrNoRows):
		return nil, ErrUnknown
	case err != nil:
		return nil, err
	}
	rows, err := r.roles.QueryContext(ctx, user)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var roles []string
	for rows.Next() {
		var role string
		if err := rows.Scan(&role); err != nil {
			return nil, err
		}
		roles = append(roles, role)
	}
	return roles, rows.Err()
}
