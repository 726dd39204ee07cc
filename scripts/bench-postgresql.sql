-- The ledgers of ten operators with 1,000 wallets each, and their ten net positions.
CREATE TABLE wallets (number int PRIMARY KEY, operator int NOT NULL, balance bigint NOT NULL CHECK (balance >= 0));
CREATE TABLE positions (operator int PRIMARY KEY, net bigint NOT NULL);
CREATE TABLE payments (
    id uuid PRIMARY KEY, payer int NOT NULL, payee int NOT NULL, amount bigint NOT NULL, submitted_at timestamptz NOT NULL
);
INSERT INTO wallets SELECT number, number / 1000, 1000000000 FROM generate_series(0, 9999) AS number;
INSERT INTO positions SELECT operator, 0 FROM generate_series(0, 9) AS operator;
ANALYZE;

-- One payment: debit, credit, record, and both net positions, always in the order of operators so that none waits
-- for another in a circle. The payee is moved to the next operator when both are at the same one.
CREATE FUNCTION pay(payer int, payee int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    across int := CASE WHEN payer / 1000 = payee / 1000 THEN (payee + 1000) % 10000 ELSE payee END;
    debtor int := payer / 1000;
    creditor int := across / 1000;
BEGIN
    INSERT INTO payments VALUES (gen_random_uuid(), payer, across, 1, now());
    UPDATE wallets SET balance = balance - 1 WHERE number = least(payer, across) AND payer < across;
    UPDATE wallets SET balance = balance + 1 WHERE number = across;
    UPDATE wallets SET balance = balance - 1 WHERE number = payer AND payer > across;
    UPDATE positions SET net = net - CASE WHEN debtor < creditor THEN 1 ELSE -1 END WHERE operator = least(debtor, creditor);
    UPDATE positions SET net = net + CASE WHEN debtor < creditor THEN 1 ELSE -1 END WHERE operator = greatest(debtor, creditor);
END $$;
