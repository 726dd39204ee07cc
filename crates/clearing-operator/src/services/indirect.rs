//! IndirectParticipantService: the banks that take part through this operator.

use clearing_api::status::FieldError;
use clearing_api::text::Page;
use clearing_api::v1;
use clearing_api::v1::indirect_participant_service_server::IndirectParticipantService;
use clearing_domain::Reason;
use clearing_domain::money::{CycleId, OperatorCode};
use clearing_domain::operator::{IndirectPosition, OperatorLedger, Part, Period};
use tonic::{Request, Response, Status};

use crate::node::Node;

/// Serves the positions of an operator's indirect participants.
#[derive(Clone, Debug)]
pub(crate) struct IndirectParticipants(pub(crate) Node);

type Answer<T> = Result<Response<T>, Status>;

/// Reads the cycle to list; none lists all.
fn cycle(number: Option<u32>) -> Result<Option<CycleId>, FieldError> {
    let read = |number| {
        CycleId::new(number).ok_or_else(|| {
            let message = format!("cycle {number} is no number of a cycle, which count from 1");
            FieldError::new(Reason::FieldInvalid, "cycle", message)
        })
    };
    number.map(read).transpose()
}

fn show((period, part, position): (Period, Part, &IndirectPosition)) -> v1::IndirectPosition {
    let date = match period {
        Period::Cycle(_) => String::new(),
        Period::Day(day) => day.to_string(),
    };
    v1::IndirectPosition {
        participant: part.map(|code| code.to_string()).unwrap_or_default(),
        cycle: period.cycle().map(CycleId::number),
        date,
        sent: position.sent.to_string(),
        received: position.received.to_string(),
        net: position.net().to_string(),
        on_us_sent: position.on_us_sent.to_string(),
        on_us_received: position.on_us_received.to_string(),
    }
}

#[tonic::async_trait]
impl IndirectParticipantService for IndirectParticipants {
    async fn list_indirect_participants(
        &self,
        request: Request<v1::ListIndirectParticipantsRequest>,
    ) -> Answer<v1::ListIndirectParticipantsResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let list = move |ledger: &OperatorLedger, _| {
            let participants = ledger.participants();
            let codes = participants.codes();
            let show = |code: &OperatorCode| v1::IndirectParticipant {
                participant: code.to_string(),
                is_listed: participants.is_listed(*code),
                wallets: participants.wallets_of(*code),
            };
            page.take_from(codes.iter().skip(page.start), show)
        };
        let (participants, next_page_token) = self.0.read(list).await?;
        Ok(Response::new(v1::ListIndirectParticipantsResponse { participants, next_page_token }))
    }

    async fn list_indirect_positions(
        &self,
        request: Request<v1::ListIndirectPositionsRequest>,
    ) -> Answer<v1::ListIndirectPositionsResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let cycle = cycle(request.cycle)?;
        let list = move |ledger: &OperatorLedger, _| {
            let participants = ledger.participants();
            match cycle {
                Some(cycle) => page.take_from(participants.in_cycle(cycle).skip(page.start), show),
                None => {
                    let all = participants.positions().iter().skip(page.start);
                    let all = all.map(|(period, part, position)| (*period, *part, position));
                    page.take_from(all, show)
                }
            }
        };
        let (positions, next_page_token) = self.0.read(list).await?;
        Ok(Response::new(v1::ListIndirectPositionsResponse { positions, next_page_token }))
    }
}
