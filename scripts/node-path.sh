# Sourced by the scripts that run Node: puts a Node that is new enough first in PATH, or ends with a message.
#
# Debian 12 has Node 18; the tools need 20. Where the system's is older, `scripts/setup.sh test` unpacks the packages
# node-linux-* and npm of the npm registry into the user's cache.

node_wanted=20
node_version=22.23.3
npm_version=11.6.2
node_home=${XDG_CACHE_HOME:-$HOME/.cache}/curtail/node-$node_version

# node_is_new_enough PROGRAM
node_is_new_enough() {
    "$1" -e "process.exit(Number(process.versions.node.split('.')[0]) >= $node_wanted ? 0 : 1)" 2>/dev/null
}

# Downloads Node and npm with the npm that is there, once. Both appear at once, so that an interrupted run leaves nothing.
install_node() {
    case $(uname -m) in
        x86_64) node_machine=x64 ;;
        aarch64) node_machine=arm64 ;;
        *) echo "Node $node_wanted or newer is needed; install it for $(uname -m) and try again." >&2; return 1 ;;
    esac
    mkdir -p "$(dirname "$node_home")"
    node_work=$(mktemp -d "$(dirname "$node_home")/fetch.XXXXXX")
    echo "Installing: Node $node_version (from npm, into $node_home)"
    (
        cd "$node_work"
        npm pack --silent "node-linux-$node_machine@$node_version" "npm@$npm_version" >/dev/null
        mkdir -p ready/bin ready/lib/npm
        tar -xzf node-linux-*.tgz -C ready --strip-components 1 package/bin
        tar -xzf npm-*.tgz -C ready/lib/npm --strip-components 1
        ln -s ../lib/npm/bin/npm-cli.js ready/bin/npm
        chmod 755 ready/bin/node ready/lib/npm/bin/npm-cli.js
    ) && mv "$node_work/ready" "$node_home" || { rm -rf "$node_work"; return 1; }
    rm -rf "$node_work"
}

if [ -x "$node_home/bin/node" ] && ! node_is_new_enough node; then
    PATH=$node_home/bin:$PATH
    export PATH
fi
