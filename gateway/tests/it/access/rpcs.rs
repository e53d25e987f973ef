//! Every RPC of every service, past the gateway: the services decide, and from a signed token alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::{Buf as _, BufMut as _, Bytes};
use curtail_tokens::{Claims, Purpose, SigningKey, Subject};
use futures_util::{StreamExt as _, stream};
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use super::caller::Who;
use super::fresh::{self, Uses};
use super::judge::{Seen, complaint, settle, strange, word};
use super::rpc_calls::{self, Call};
use super::table::{self, Row};
use super::world::{Place, World};

/// Cells that are tried at once.
const AT_ONCE: usize = 8;

#[test]
fn s18_every_rpc_has_an_expectation() {
    let methods = contracts();
    let rows = table::rows("rpc");
    let there = methods.keys().cloned().collect();
    table::compare("RPCs", &there, &rows.iter().map(|row| row.subject().to_owned()).collect());
    let calls = rpc_calls::all().iter().map(|call| call.row.to_owned()).collect::<BTreeSet<_>>();
    table::compare("calls", &calls, &rows.iter().map(|row| row.name.to_owned()).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn s18_s37_every_rpc_answers_each_caller_as_expected() {
    let matrix = Matrix::new(World::start().await).await;
    let calls: BTreeMap<_, _> = rpc_calls::all().into_iter().map(|call| (call.row, call)).collect();
    let (rows, calls) = (table::rows("rpc"), &calls);
    let cells = rows.iter().flat_map(|row| row.cells.iter().map(move |(who, _)| (row, &calls[row.name], *who)));
    // What is refused comes first, while everything is there.
    let (happens, refused): (Vec<_>, Vec<_>) = cells.partition(|(row, _, who)| row.expected(*who) == "ok");
    let mut complaints = matrix.try_all(refused).await;
    for row in &rows {
        complaints.extend(matrix.reach_out(row, &calls[row.name]).await);
    }
    complaints.extend(matrix.try_all(happens).await);
    settle(complaints);
}

/// The methods of all services by `Service.Method`.
fn contracts() -> BTreeMap<String, MethodDescriptor> {
    let pool = DescriptorPool::decode(curtail_proto::FILE_DESCRIPTOR_SET).expect("our own contracts");
    let methods = pool.services().flat_map(|service| service.methods().collect::<Vec<_>>());
    methods.map(|method| (format!("{}.{}", method.parent_service().name(), method.name()), method)).collect()
}

/// What a service shows for itself.
pub fn service_token(world: &World) -> String {
    let key = SigningKey::from_seed(world.platform.config.rpc.service_key.key32());
    signed(world, &key, Purpose::Service, Subject::Service("gateway".into()))
}

fn signed(world: &World, key: &SigningKey, purpose: Purpose, subject: Subject) -> String {
    let now = world.clock.now();
    let claims = Claims {
        subject,
        session_id: None,
        api_key_id: None,
        issued_at: now,
        expires_at: now + time::Duration::MINUTE,
        workspaces: Vec::new(),
        scopes: Vec::new(),
        platform_admin: true,
        token_id: "made-by-a-test".into(),
    };
    curtail_tokens::sign(key, purpose, &claims).unwrap()
}

struct Matrix {
    world: World,
    methods: BTreeMap<String, MethodDescriptor>,
    channels: HashMap<&'static str, Channel>,
    /// Internal tokens.
    tokens: HashMap<Who, String>,
    broken: Vec<(&'static str, String)>,
}

type Cell<'a> = (&'a Row, &'a Call, Who);

#[expect(clippy::disallowed_methods, reason = "an attacker does not use our factory")]
fn channel(url: &str) -> Channel {
    Endpoint::from_shared(url.to_owned()).unwrap().connect_lazy()
}

impl Matrix {
    async fn new(world: World) -> Self {
        let urls = &world.platform.config.rpc;
        let channels = [
            ("auth", &urls.auth_url),
            ("links", &urls.links_url),
            ("analytics", &urls.analytics_url),
            ("search", &urls.search_url),
            ("notify", &urls.notify_url),
        ];
        let channels = channels.map(|(part, url)| (part, channel(url))).into();
        let mut tokens = HashMap::new();
        for (who, session) in &world.people {
            tokens.insert(*who, world.internal(&session.access).await);
        }
        for (who, key) in &world.keys {
            tokens.insert(*who, world.internal(key).await);
        }
        let owner = Subject::User(world.people[&Who::Owner].user.parse().unwrap_or_default());
        let (shared, strange) = (world.platform.config.rpc.service_key.key32(), [9; 32]);
        let (shared, strange) = (SigningKey::from_seed(shared), SigningKey::from_seed(strange));
        let broken = vec![
            ("an expired internal token", world.expired_internal.clone()),
            ("an access token", world.people[&Who::Owner].access.clone()),
            ("an API key", world.keys[&Who::AdminKey].clone()),
            ("a token by a key of nobody", signed(&world, &strange, Purpose::Internal, owner.clone())),
            ("a user's token by the key of services", signed(&world, &shared, Purpose::Internal, owner)),
            (
                "a service's token by a key of nobody",
                signed(&world, &strange, Purpose::Service, Subject::Service("gateway".into())),
            ),
            ("a damaged token", format!("{}A", tokens[&Who::Owner])),
        ];
        Self { methods: contracts(), channels, tokens, broken, world }
    }

    async fn try_all(&self, cells: Vec<Cell<'_>>) -> Vec<String> {
        let tried = stream::iter(cells).map(|cell| self.try_cell(cell)).buffer_unordered(AT_ONCE);
        tried.collect::<Vec<_>>().await.into_iter().flatten().collect()
    }

    async fn try_cell(&self, (row, call, who): Cell<'_>) -> Vec<String> {
        let succeeds = row.expected(who) == "ok";
        let place = if succeeds { fresh::place(&self.world, call.uses).await } else { self.world.home.clone() };
        if who == Who::Broken {
            let mut complaints = Vec::new();
            for (name, token) in &self.broken {
                let seen = self.ask(row, call, Some(token), &place).await;
                complaints.extend(complaint(row, who, &format!(" ({name})"), &seen));
            }
            return complaints;
        }
        let token = match who {
            Who::Service => Some(service_token(&self.world)),
            _ if succeeds && call.uses == Uses::Caller && Who::PEOPLE.contains(&who) => {
                let twin = fresh::twin(&self.world, who).await;
                Some(self.world.internal(&twin.access).await)
            }
            _ => self.tokens.get(&who).cloned(),
        };
        complaint(row, who, "", &self.ask(row, call, token.as_deref(), &place).await).into_iter().collect()
    }

    /// Members of one workspace at the things of another, and at things that are not there.
    async fn reach_out(&self, row: &Row, call: &Call) -> Vec<String> {
        let (other, missing) = (&self.world.other, &self.world.missing);
        if (call.message)(other) == (call.message)(missing) || row.expected(Who::Stranger) == "ok" {
            return Vec::new();
        }
        let mut complaints = Vec::new();
        for who in [Who::Viewer, Who::Owner, Who::AdminKey] {
            let token = self.tokens.get(&who).map(String::as_str);
            let there = self.ask(row, call, token, other).await;
            let nowhere = self.ask(row, call, token, missing).await;
            complaints.extend(strange(row, who, &there, &nowhere));
        }
        complaints
    }

    async fn ask(&self, row: &Row, call: &Call, token: Option<&str>, place: &Place) -> Seen {
        let method = &self.methods[row.subject()];
        let text = (call.message)(place);
        let message = DynamicMessage::parse_text_format(method.input(), &text)
            .unwrap_or_else(|error| panic!("{}: {text}: {error}", row.name));
        let mut request = Request::new(Bytes::from(message.encode_to_vec()));
        if let Some(token) = token {
            request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        // `curtail.links.v1.LinkService` is in the part `links`.
        let service = method.parent_service();
        let part = service.full_name().split('.').nth(1).unwrap_or_default();
        let path = format!("/{}/{}", service.full_name(), method.name()).parse().unwrap();
        let mut client = tonic::client::Grpc::new(self.channels[part].clone());
        client.ready().await.unwrap();
        // On the wire an answer is a stream of one.
        let answer = match client.server_streaming(request, path, Raw).await {
            Ok(_) if method.is_server_streaming() => Ok(Bytes::new()),
            Ok(answer) => answer.into_inner().message().await.map(Option::unwrap_or_default),
            Err(status) => Err(status),
        };
        seen(row, answer)
    }
}

fn seen(row: &Row, answer: Result<Bytes, Status>) -> Seen {
    match answer {
        Ok(bytes) => {
            let looks_up = row.cells.iter().any(|(_, cell)| *cell == "none");
            let cell = if looks_up && bytes.is_empty() { "none" } else { "ok" };
            Seen { cell: cell.to_owned(), whole: String::from_utf8_lossy(&bytes).into_owned() }
        }
        Err(status) => {
            let error = curtail_rpc::Error::from_status(&status);
            let (code, details) = (status.code(), String::from_utf8_lossy(status.details()));
            let whole = format!("{code:?} {} {details}", status.message());
            Seen { cell: word(error.code.as_str(), &error.reason), whole }
        }
    }
}

/// Messages that are bytes already.
#[derive(Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
