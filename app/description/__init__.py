"""What the service says of itself: an OpenAPI document made of the types that the code uses, and a page of it."""
