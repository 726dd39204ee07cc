//! Server reflection, which sends clients the descriptions of the services.
//!
//! An unknown symbol is answered with an error and the stream goes on, because clients ask for many
//! symbols on one stream.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use prost::{DecodeError, Message};
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet};
use tokio_stream::{Stream, StreamExt};
use tonic::{Code, Request, Response, Status, Streaming};

/// Encoded descriptions of files, by their names and by the symbols in them.
#[derive(Debug, Default)]
struct Descriptions {
    files: Vec<Vec<u8>>,
    by_name: HashMap<String, usize>,
    by_symbol: HashMap<String, usize>,
}

impl Descriptions {
    fn read(sets: &[&[u8]]) -> Result<Self, DecodeError> {
        let mut read = Self::default();
        for set in sets {
            for file in FileDescriptorSet::decode(*set)?.file {
                read.add(&file);
            }
        }
        Ok(read)
    }

    fn add(&mut self, file: &FileDescriptorProto) {
        if self.by_name.contains_key(file.name()) {
            return;
        }
        let mut symbols = Vec::new();
        file.message_type
            .iter()
            .for_each(|message| message_symbols(file.package(), message, &mut symbols));
        file.enum_type.iter().for_each(|values| enum_symbols(file.package(), values, &mut symbols));
        for service in &file.service {
            let name = within(file.package(), service.name());
            symbols.extend(service.method.iter().map(|method| within(&name, method.name())));
            symbols.push(name);
        }
        self.by_name.insert(file.name().to_owned(), self.files.len());
        self.by_symbol.extend(symbols.into_iter().map(|symbol| (symbol, self.files.len())));
        self.files.push(file.encode_to_vec());
    }
}

fn cut(text: &str) -> String {
    let mut cut: String = text.chars().take(80).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

fn within(outer: &str, name: &str) -> String {
    if outer.is_empty() { name.to_owned() } else { format!("{outer}.{name}") }
}

fn message_symbols(outer: &str, message: &DescriptorProto, symbols: &mut Vec<String>) {
    let name = within(outer, message.name());
    message.nested_type.iter().for_each(|nested| message_symbols(&name, nested, symbols));
    message.enum_type.iter().for_each(|values| enum_symbols(&name, values, symbols));
    symbols.extend(message.field.iter().map(|field| within(&name, field.name())));
    symbols.extend(message.oneof_decl.iter().map(|oneof| within(&name, oneof.name())));
    symbols.push(name);
}

fn enum_symbols(outer: &str, values: &EnumDescriptorProto, symbols: &mut Vec<String>) {
    let name = within(outer, values.name());
    symbols.extend(values.value.iter().map(|value| within(&name, value.name())));
    symbols.push(name);
}

/// Server reflection over descriptions, under both of its names.
#[derive(Clone, Debug)]
pub struct Reflection(Arc<Described>);

/// The descriptions that clients can ask for. Most processes are never asked, so the descriptions
/// are decoded at the first question.
#[derive(Debug)]
struct Described {
    sets: Vec<&'static [u8]>,
    services: Vec<String>,
    read: OnceLock<Result<Descriptions, DecodeError>>,
}

/// The error of a description that is unknown.
type Missing = (Code, String);

impl Reflection {
    /// Creates the service over encoded sets of descriptions; it lists only the named services.
    pub fn over(sets: Vec<&'static [u8]>, services: Vec<String>) -> Self {
        Self(Arc::new(Described { sets, services, read: OnceLock::new() }))
    }
}

impl Described {
    fn known(&self) -> Result<&Descriptions, Missing> {
        let read = self.read.get_or_init(|| Descriptions::read(&self.sets)).as_ref();
        read.map_err(|error| {
            (Code::Internal, format!("the descriptions of this program cannot be read: {error}"))
        })
    }

    fn file(&self, name: &str) -> Result<Vec<u8>, Missing> {
        let known = self.known()?;
        let file = known.by_name.get(name).map(|place| known.files[*place].clone());
        file.ok_or_else(|| (Code::NotFound, format!("file {:?} is not known", cut(name))))
    }

    fn symbol(&self, name: &str) -> Result<Vec<u8>, Missing> {
        let known = self.known()?;
        let file = known.by_symbol.get(name).map(|place| known.files[*place].clone());
        file.ok_or_else(|| (Code::NotFound, format!("symbol {:?} is not known", cut(name))))
    }
}

macro_rules! reflection {
    ($version:ident) => {
        mod $version {
            use tonic_reflection::pb::$version::server_reflection_request::MessageRequest as Question;
            use tonic_reflection::pb::$version::server_reflection_response::MessageResponse as Answer;
            use tonic_reflection::pb::$version::server_reflection_server::ServerReflection;
            use tonic_reflection::pb::$version::{
                ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse,
                ServerReflectionRequest, ServerReflectionResponse, ServiceResponse,
            };

            use super::*;

            #[tonic::async_trait]
            impl ServerReflection for Reflection {
                type ServerReflectionInfoStream =
                    Pin<Box<dyn Stream<Item = Result<ServerReflectionResponse, Status>> + Send>>;

                async fn server_reflection_info(
                    &self,
                    questions: Request<Streaming<ServerReflectionRequest>>,
                ) -> Result<Response<Self::ServerReflectionInfoStream>, Status> {
                    let known = Arc::clone(&self.0);
                    let answers =
                        questions.into_inner().map(move |question| question.map(|asked| answer(&known, asked)));
                    Ok(Response::new(Box::pin(answers)))
                }
            }

            fn answer(known: &Described, asked: ServerReflectionRequest) -> ServerReflectionResponse {
                let file = |file: Result<Vec<u8>, Missing>| match file {
                    Ok(file) => {
                        Answer::FileDescriptorResponse(FileDescriptorResponse { file_descriptor_proto: vec![file] })
                    }
                    Err((code, why)) => error(code, why),
                };
                let answer = match &asked.message_request {
                    Some(Question::FileByFilename(name)) => file(known.file(name)),
                    Some(Question::FileContainingSymbol(name)) => file(known.symbol(name)),
                    Some(Question::FileContainingExtension(_)) => {
                        error(Code::NotFound, "there are no extensions".to_owned())
                    }
                    // Some clients ask for extensions of everything and give up at an error.
                    Some(Question::AllExtensionNumbersOfType(name)) => {
                        let base_type_name = name.clone();
                        Answer::AllExtensionNumbersResponse(ExtensionNumberResponse {
                            base_type_name,
                            extension_number: Vec::new(),
                        })
                    }
                    Some(Question::ListServices(_)) => Answer::ListServicesResponse(ListServiceResponse {
                        service: known.services.iter().map(|name| ServiceResponse { name: name.clone() }).collect(),
                    }),
                    None => error(Code::InvalidArgument, "nothing is asked for".to_owned()),
                };
                ServerReflectionResponse {
                    valid_host: asked.host.clone(),
                    original_request: Some(asked),
                    message_response: Some(answer),
                }
            }

            fn error(code: Code, error_message: String) -> Answer {
                Answer::ErrorResponse(ErrorResponse { error_code: code.into(), error_message })
            }
        }
    };
}

reflection!(v1);
reflection!(v1alpha);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_symbol_is_found_and_others_are_named() {
        let known = Reflection::over(vec![clearing_api::FILE_DESCRIPTOR_SET], vec![]).0;
        for symbol in [
            "clearing.v1.NodeService",
            "clearing.v1.NodeService.GetNode",
            "clearing.v1.Node",
            "clearing.v1.Node.Role",
            "clearing.v1.Node.batch",
            "clearing.v1.ErrorReason",
            "google.protobuf.Timestamp",
        ] {
            assert!(known.symbol(symbol).is_ok(), "{symbol}");
        }
        let unknown = (Code::NotFound, "symbol \"x.Y\" is not known".to_owned());
        assert_eq!(known.symbol("x.Y").unwrap_err(), unknown);
        assert!(known.file("clearing/v1/node_service.proto").is_ok());
    }

    #[test]
    fn descriptions_that_cannot_be_read_are_an_answer() {
        let (code, why) = Reflection::over(vec![&[0xff]], vec![]).0.file("a.proto").unwrap_err();
        assert_eq!(code, Code::Internal);
        assert!(why.contains("cannot be read"), "{why}");
    }
}
