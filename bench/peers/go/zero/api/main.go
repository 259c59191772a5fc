// The api half of the go-zero peer: REST with go-zero's usual middleware and its check of JWT, asking
// the rpc half.
package main

import (
	"encoding/base64"
	"log"
	"net/http"
	"os"
	"strconv"

	"casebook.bench/peers/records"
	"casebook.bench/peers/zero/pb"
	"github.com/zeromicro/go-zero/core/conf"
	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/rest"
	"github.com/zeromicro/go-zero/rest/httpx"
	"github.com/zeromicro/go-zero/zrpc"
)

const mostSize = 1000

type request struct {
	PageSize  int    `form:"pageSize,default=20"`
	PageToken string `form:"pageToken,optional"`
}

type answer struct {
	Studies       []records.Study `json:"studies"`
	NextPageToken string          `json:"nextPageToken,omitempty"`
}

// api PORT RPC-ADDRESS SECRET
func main() {
	port, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var config rest.RestConf
	if err := conf.FillDefault(&config); err != nil {
		log.Fatal(err)
	}
	config.Name = "trial-api"
	config.Host = "127.0.0.1"
	config.Port = port
	// It would refuse calls, because the machine is busy with the load.
	config.CpuThreshold = 0
	config.Log.Level = "error"
	config.Log.Stat = false
	config.DevServer.Enabled = false
	client := zrpc.MustNewClient(zrpc.RpcClientConf{Endpoints: []string{os.Args[2]}, Timeout: 2000})
	trials := pb.NewTrialsClient(client.Conn())
	server := rest.MustNewServer(config)
	logx.DisableStat()
	defer server.Stop()
	server.AddRoutes([]rest.Route{{
		Method: http.MethodGet, Path: "/api/trial/list", Handler: list(trials),
	}}, rest.WithJwt(os.Args[3]))
	server.Start()
}

func list(trials pb.TrialsClient) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var asked request
		if err := httpx.Parse(r, &asked); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		after, err := base64.RawURLEncoding.DecodeString(asked.PageToken)
		if err != nil || asked.PageSize < 1 || asked.PageSize > mostSize {
			http.Error(w, "the page is wrong", http.StatusBadRequest)
			return
		}
		found, err := trials.List(r.Context(), &pb.ListRequest{After: string(after), Size: int32(asked.PageSize)})
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		all := answer{Studies: make([]records.Study, len(found.Studies)), NextPageToken: found.NextPageToken}
		for i, s := range found.Studies {
			all.Studies[i] = records.Study{
				StudyOID: s.StudyOid, StudyName: s.StudyName, ProtocolNumber: s.ProtocolNumber,
				Sponsor: s.Sponsor, Phase: s.Phase, Indication: s.Indication,
				PlannedSiteCount: s.PlannedSiteCount, PlannedSubjectCount: s.PlannedSubjectCount,
				Status: s.Status, SiteCount: s.SiteCount, Version: s.Version, CreatedAt: s.CreatedAt,
			}
		}
		httpx.OkJsonCtx(r.Context(), w, all)
	}
}
