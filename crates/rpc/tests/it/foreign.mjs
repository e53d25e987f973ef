// A gRPC client that shares no code with the services: node foreign.mjs PACKAGES PROTOS ADDRESS TOKEN
//
// Prints a line of JSON for each thing it tries: the attempt, then its outcome. After `watching` it waits for the end.
import { createRequire } from "node:module";

const [packages, protos, address, token] = process.argv.slice(2);
const require = createRequire(`${packages}/`);
const grpc = require("@grpc/grpc-js");
const { loadSync } = require("@grpc/proto-loader");
const say = (...line) => console.log(JSON.stringify(line));

const insecure = grpc.credentials.createInsecure();
const load = (file, options) => grpc.loadPackageDefinition(loadSync(file, options));
const { Health } = load(require("grpc-health-check").protoPath, { enums: String }).grpc.health.v1;
const contracts = load("curtail/search/v1/search.proto", { includeDirs: [protos], longs: Number });
const { SearchService } = contracts.curtail.search.v1;
const health = new Health(address, insecure);
const search = new SearchService(address, insecure);

const signed = new grpc.Metadata();
signed.set("authorization", `Bearer ${token}`);

/** The outcome of a call: its response, or the name of its status. */
const ended = (start) =>
  new Promise((resolve) => {
    start((error, answer) => resolve(error ? grpc.status[error.code] : answer));
  });
const find = (text, options = {}, metadata = signed) =>
  ended((done) => search.searchLinks({ text }, metadata, options, done)).then((answer) => answer.total ?? answer);
const check = async (service) => {
  const answer = await ended((done) => health.check({ service }, done));
  return answer.status ?? answer;
};
const unknown = (metadata) => {
  const bytes = (value) => value;
  const path = "/curtail.search.v1.SearchService/NoSuchMethod";
  return ended((done) => search.makeUnaryRequest(path, bytes, bytes, Buffer.alloc(0), metadata, {}, done));
};

say("check", await check(""), await check("curtail.search.v1.SearchService"), await check("nothing"));
say("signed", await find(""));
say("unsigned", await find("", {}, new grpc.Metadata()));
say("unknown method", await unknown(signed), await unknown(new grpc.Metadata()));
say("largest message", await find("x".repeat(4 * 1024 * 1024 - 5)));
say("one byte more", await find("x".repeat(4 * 1024 * 1024 - 4)));
say("own deadline", await find("hang", { deadline: Date.now() + 200 }));
say("no deadline", await find("hang"));

// There is one place. What is cancelled gives it back at once, not when its time is over.
const cancelled = ended((done) => {
  const call = search.searchLinks({ text: "hang" }, signed, done);
  setTimeout(() => call.cancel(), 200);
});
say("cancelled", await cancelled);
const since = Date.now();
let next = await find("");
while (next === "UNAVAILABLE" && Date.now() - since < 1000) next = await find("");
say("after it", next);

const watch = health.watch({ service: "" });
watch.on("error", () => {});
watch.on("data", ({ status }) => {
  if (status === "SERVING") return say("watching");
  say("watched", status);
  // The connection stays until the process of the server ends, which a test's does not.
  process.exit();
});
