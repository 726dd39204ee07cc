//! How an operator proves to the central bank which one it is.

use clearing_domain::money::OperatorCode;
use clearing_node::secret::{AUTHORIZATION, OPERATOR, Secret, SecretSource};
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Request, Status};

/// The proof of an operator in its calls.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    /// The operator that calls.
    pub(crate) code: OperatorCode,
    /// The source of the secret that proves it; `None` where no proof is needed.
    pub(crate) secret: Option<SecretSource>,
}

impl Proof {
    /// Adds the proof to a request. Fails as long as there is no secret.
    pub(crate) fn with<T>(&self, request: T) -> Result<Request<T>, Status> {
        let mut request = Request::new(request);
        if let Some(secret) = &self.secret {
            let secret = secret.read().map_err(|error| Status::unavailable(error.to_string()))?;
            prove(request.metadata_mut(), self.code, &secret)?;
        }
        Ok(request)
    }
}

/// Adds to the metadata of a call the code of the operator, and the secret that proves it.
pub(crate) fn prove(
    metadata: &mut MetadataMap,
    code: OperatorCode,
    secret: &Secret,
) -> Result<(), Status> {
    let value = |text: &str| {
        MetadataValue::try_from(text).map_err(|_| Status::internal("the proof cannot be sent"))
    };
    metadata.insert(AUTHORIZATION, value(&secret.authorization())?);
    metadata.insert(OPERATOR, value(code.as_str())?);
    Ok(())
}
