# The exporter and what it loads and reads: no shell, no package manager.
#
#   docker build -t prometheus-arkouda-exporter .
#
# buildah and podman need `--format docker` for the health check, which OCI's image format lacks; docker needs
# BuildKit (which is its default from 23.0 on) for the builder's own cache of what was compiled.

ARG BASE=docker.io/library/debian:bookworm-slim
ARG VERSION=0.1.0
ARG REVISION=unknown

FROM ${BASE} AS build
WORKDIR /src
# This alone decides on the packages: a change of the sources doesn't install them again.
COPY deploy/local/install-dependencies.sh deploy/local/
RUN sh deploy/local/install-dependencies.sh image-build
COPY CMakeLists.txt ./
COPY common common/
COPY exporter exporter/
COPY test test/
# What was compiled before stays with the builder: a change compiles what it touches. The compiler counts by its
# content, as the cache may outlive its package.
ENV CCACHE_DIR=/ccache CCACHE_COMPILERCHECK=content CCACHE_MAXSIZE=2G CMAKE_CXX_COMPILER_LAUNCHER=ccache
RUN --mount=type=cache,id=prometheus-arkouda-exporter-ccache,target=/ccache \
    cmake -S . -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release && \
    cmake --build /build --target prometheus-arkouda-exporter unit_test
# What the tests read, and what needs no compiler.
COPY . .
RUN ctest --test-dir /build/test/unit --output-on-failure --no-tests=error --parallel 2
# Another version or revision of the same sources compiles one of them again, which was tested as it is.
ARG VERSION
ARG REVISION
RUN --mount=type=cache,id=prometheus-arkouda-exporter-ccache,target=/ccache \
    cmake -S . -B /build -DVERSION="$VERSION" -DREVISION="$REVISION" && \
    cmake --build /build --target prometheus-arkouda-exporter
RUN sh deploy/image/collect-root.sh /build/exporter/prometheus-arkouda-exporter /image
# The image carries its own bill of materials, with where the sources are published.
ARG SOURCE=
RUN python3 deploy/packages/sbom.py --root /image --name prometheus-arkouda-exporter --version "$VERSION" \
      --revision "$REVISION" --source "$SOURCE" --architecture "$(dpkg --print-architecture)" \
      --kind container /image/usr/share/doc/prometheus-arkouda-exporter/sbom.cdx.json

FROM scratch
COPY --from=build /image/ /
ARG VERSION
ARG REVISION
ARG SOURCE=
LABEL org.opencontainers.image.title="prometheus-arkouda-exporter" \
      org.opencontainers.image.description="Prometheus exporter for the metrics socket of Arkouda servers" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="$SOURCE" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
USER 65532:65532
EXPOSE 5080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s \
  CMD ["/usr/bin/prometheus-arkouda-exporter", "--healthcheck"]
ENTRYPOINT ["/usr/bin/prometheus-arkouda-exporter"]
