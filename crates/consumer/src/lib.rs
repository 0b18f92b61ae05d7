//! The shape of a consumer: a component on a private route that is given events in batches and says of each what
//! became of it.
