//! The contract, method by method.

use crate::Webhooks;
use async_trait::async_trait;
use contract::{
    Context, Error,
    webhook::v1::{
        CreateEndpointRequest, CreateEndpointResponse, DeleteEndpointRequest,
        DeleteEndpointResponse, DisableEndpointRequest, DisableEndpointResponse,
        EnableEndpointRequest, EnableEndpointResponse, ListDeliveriesRequest,
        ListDeliveriesResponse, ListEndpointsRequest, ListEndpointsResponse, ReplayRequest,
        ReplayResponse, RotateKeyRequest, RotateKeyResponse, SendTestRequest, SendTestResponse,
        ShowSecretRequest, ShowSecretResponse, UpdateEndpointRequest, UpdateEndpointResponse,
        Webhook,
    },
};

#[async_trait]
impl Webhook for Webhooks {
    async fn create_endpoint(
        &self,
        context: &Context,
        request: CreateEndpointRequest,
    ) -> Result<CreateEndpointResponse, Error> {
        let endpoint = Some(self.do_create(context, request).await?);
        Ok(CreateEndpointResponse { endpoint })
    }

    async fn list_endpoints(
        &self,
        context: &Context,
        request: ListEndpointsRequest,
    ) -> Result<ListEndpointsResponse, Error> {
        self.do_list(context, request).await
    }

    async fn update_endpoint(
        &self,
        context: &Context,
        request: UpdateEndpointRequest,
    ) -> Result<UpdateEndpointResponse, Error> {
        let endpoint = Some(self.do_update(context, request).await?);
        Ok(UpdateEndpointResponse { endpoint })
    }

    async fn delete_endpoint(
        &self,
        context: &Context,
        request: DeleteEndpointRequest,
    ) -> Result<DeleteEndpointResponse, Error> {
        self.do_delete(context, request).await?;
        Ok(DeleteEndpointResponse {})
    }

    async fn rotate_key(
        &self,
        context: &Context,
        request: RotateKeyRequest,
    ) -> Result<RotateKeyResponse, Error> {
        let endpoint = Some(self.do_rotate(context, request).await?);
        Ok(RotateKeyResponse { endpoint })
    }

    async fn show_secret(
        &self,
        context: &Context,
        request: ShowSecretRequest,
    ) -> Result<ShowSecretResponse, Error> {
        self.do_show_secret(context, request).await
    }

    async fn enable_endpoint(
        &self,
        context: &Context,
        request: EnableEndpointRequest,
    ) -> Result<EnableEndpointResponse, Error> {
        let endpoint = Some(self.do_enable(context, request).await?);
        Ok(EnableEndpointResponse { endpoint })
    }

    async fn disable_endpoint(
        &self,
        context: &Context,
        request: DisableEndpointRequest,
    ) -> Result<DisableEndpointResponse, Error> {
        let endpoint = Some(self.do_disable(context, request).await?);
        Ok(DisableEndpointResponse { endpoint })
    }

    async fn send_test(
        &self,
        context: &Context,
        request: SendTestRequest,
    ) -> Result<SendTestResponse, Error> {
        self.do_send_test(context, request).await
    }

    async fn list_deliveries(
        &self,
        context: &Context,
        request: ListDeliveriesRequest,
    ) -> Result<ListDeliveriesResponse, Error> {
        self.do_list_deliveries(context, request).await
    }

    async fn replay(
        &self,
        context: &Context,
        request: ReplayRequest,
    ) -> Result<ReplayResponse, Error> {
        self.do_replay(context, request).await?;
        Ok(ReplayResponse {})
    }
}
