// For editors. The test builds with GO111MODULE=off, from the sources Debian packages under /usr/share/gocode.
module go_tlog

go 1.19

require golang.org/x/mod v0.7.0
