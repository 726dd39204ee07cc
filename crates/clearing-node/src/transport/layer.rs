//! The layer through which every call of a connection passes, so that its bytes are counted.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use clearing_api::FILE_DESCRIPTOR_SET;
use http::{Request, Response};
use prost::Message;
use prost_types::FileDescriptorSet;
use tonic::body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::answer::AnswerBody;
use super::body::GuardedBody;
use super::connections::{CallUnderWay, ConnectionInfo, Connections};

/// The calls of links, whose callers prove themselves before their first message is read.
const LINKS: [&str; 2] =
    ["/clearing.v1.InterbankService/Exchange", "/clearing.v1.InterbankService/AnswerQuestions"];

/// The header with the status of a call that was refused before it had an answer.
const GRPC_STATUS: &str = "grpc-status";

/// Counts the calls of each connection and the bytes of their unfinished messages.
#[derive(Clone, Debug)]
pub struct GuardLayer {
    connections: Arc<Connections>,
    methods: Arc<Methods>,
}

/// The methods by their paths.
#[derive(Debug)]
struct Methods {
    /// The methods whose clients send many messages, and may pause between them.
    streaming: HashSet<String>,
    /// Whether callers of the link prove themselves.
    link_proven: bool,
}

impl GuardLayer {
    /// Creates the layer over the services of this process.
    pub fn new(connections: Arc<Connections>, link_proven: bool) -> Self {
        let sets = [FILE_DESCRIPTOR_SET, tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET];
        let mut streaming = streaming_methods(&sets);
        // Reflection under its older name, which no descriptor set here contains.
        streaming
            .insert("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo".to_owned());
        Self { connections, methods: Arc::new(Methods { streaming, link_proven }) }
    }
}

fn streaming_methods(sets: &[&[u8]]) -> HashSet<String> {
    let mut paths = HashSet::new();
    for file in
        sets.iter().filter_map(|set| FileDescriptorSet::decode(*set).ok()).flat_map(|set| set.file)
    {
        for service in &file.service {
            let streaming = service.method.iter().filter(|method| method.client_streaming());
            paths.extend(
                streaming.map(|method| {
                    format!("/{}.{}/{}", file.package(), service.name(), method.name())
                }),
            );
        }
    }
    paths
}

impl<S> Layer<S> for GuardLayer {
    type Service = Guard<S>;

    fn layer(&self, inner: S) -> Guard<S> {
        Guard { inner, layer: self.clone() }
    }
}

/// A service behind a [`GuardLayer`].
#[derive(Clone, Debug)]
pub struct Guard<S> {
    inner: S,
    layer: GuardLayer,
}

impl<S> Service<Request<Body>> for Guard<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // Only a caller within this process, such as a test, has no connection to count.
        let Some(info) = request.extensions().get::<ConnectionInfo>().cloned() else {
            return Box::pin(self.inner.call(request));
        };
        let GuardLayer { connections, methods } = &self.layer;
        // From here on the connection is busy: it makes room for another only after a while without
        // progress.
        let under_way = CallUnderWay::begin(connections, &info.connection);
        let path = request.uri().path();
        let (counts, streams) =
            (!methods.link_proven || !LINKS.contains(&path), methods.streaming.contains(path));
        request.extensions_mut().insert(info.tcp);
        let (connections, connection) = (Arc::clone(connections), Arc::clone(&info.connection));
        let guarded =
            |body| Body::new(GuardedBody::new(body, connections, info.connection, counts, streams));
        let answer = self.inner.call(request.map(guarded));
        Box::pin(async move {
            let answer = answer.await?;
            // The handler of the link has checked the secret before it answers. A refusal has its
            // status among the headers, and must not make the connection a proven one.
            if !counts && !answer.headers().contains_key(GRPC_STATUS) {
                connection.prove();
            }
            Ok(answer.map(|body| Body::new(AnswerBody::new(body, under_way))))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_of_four_methods_may_wait_between_messages() {
        let streaming = streaming_methods(&[
            FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        ]);
        let expected = [
            LINKS[0],
            LINKS[1],
            "/clearing.v1.PaymentService/StreamPayments",
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        ];
        assert_eq!(streaming, expected.map(str::to_owned).into());
    }
}
