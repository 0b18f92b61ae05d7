-- Answers of this context that were kept under idempotency keys are swept away when they have expired.

SELECT idempotency.create_expiry('ordering');
