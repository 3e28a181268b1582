module fieldtree.test/pinning

go 1.26.5

require github.com/ipfs/go-pinning-service-http-client v0.1.2
