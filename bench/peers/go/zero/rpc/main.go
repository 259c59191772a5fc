// The rpc half of the go-zero peer: a list of studies from SQLite, over gRPC with go-zero's usual
// interceptors.
package main

import (
	"context"
	"encoding/base64"
	"log"
	"os"

	"casebook.bench/peers/records"
	"casebook.bench/peers/zero/pb"
	"github.com/zeromicro/go-zero/core/conf"
	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/zrpc"
	"google.golang.org/grpc"
)

type trials struct {
	pb.UnimplementedTrialsServer
	kept *records.Records
}

func (t trials) List(ctx context.Context, in *pb.ListRequest) (*pb.ListResponse, error) {
	studies, err := t.kept.Studies(ctx, in.After, int(in.Size))
	if err != nil {
		return nil, err
	}
	answer := &pb.ListResponse{Studies: make([]*pb.Study, len(studies))}
	for i, s := range studies {
		answer.Studies[i] = &pb.Study{
			StudyOid: s.StudyOID, StudyName: s.StudyName, ProtocolNumber: s.ProtocolNumber,
			Sponsor: s.Sponsor, Phase: s.Phase, Indication: s.Indication,
			PlannedSiteCount: s.PlannedSiteCount, PlannedSubjectCount: s.PlannedSubjectCount,
			Status: s.Status, SiteCount: s.SiteCount, Version: s.Version, CreatedAt: s.CreatedAt,
		}
	}
	if len(studies) == int(in.Size) {
		last := studies[len(studies)-1].StudyOID
		answer.NextPageToken = base64.RawURLEncoding.EncodeToString([]byte(last))
	}
	return answer, nil
}

// rpc FILE ADDRESS
func main() {
	kept, err := records.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var config zrpc.RpcServerConf
	if err := conf.FillDefault(&config); err != nil {
		log.Fatal(err)
	}
	config.Name = "trial.rpc"
	config.ListenOn = os.Args[2]
	// It would refuse calls, because the machine is busy with the load.
	config.CpuThreshold = 0
	config.Log.Level = "error"
	config.Log.Stat = false
	// Otherwise it listens on port 6060 of every interface.
	config.DevServer.Enabled = false
	server := zrpc.MustNewServer(config, func(server *grpc.Server) {
		pb.RegisterTrialsServer(server, trials{kept: kept})
	})
	logx.DisableStat()
	defer server.Stop()
	server.Start()
}
