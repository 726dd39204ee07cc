-- The ledger file of ABC as a program of schema 2 left it.
PRAGMA application_id = 1701015408;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE accounts (
        name TEXT NOT NULL, cycle INTEGER NOT NULL, balance INTEGER NOT NULL, PRIMARY KEY (name, cycle)
    ) WITHOUT ROWID;
INSERT INTO "accounts" VALUES('central_bank_credit',0,0);
INSERT INTO "accounts" VALUES('claims',0,0);
INSERT INTO "accounts" VALUES('held',0,5000000000000);
INSERT INTO "accounts" VALUES('in_transit',0,0);
INSERT INTO "accounts" VALUES('other_assets',0,0);
INSERT INTO "accounts" VALUES('other_deposits',0,0);
INSERT INTO "accounts" VALUES('position',1,1000);
INSERT INTO "accounts" VALUES('stock',0,5000000000000);
INSERT INTO "accounts" VALUES('uncleared',0,0);
INSERT INTO "accounts" VALUES('wallets',0,1000);
INSERT INTO "accounts" VALUES('withdrawing',0,0);
CREATE TABLE batches (
        batch INTEGER PRIMARY KEY, last_row INTEGER NOT NULL, hash BLOB NOT NULL, written_at INTEGER NOT NULL
    );
INSERT INTO "batches" VALUES(1,0,X'5469679938A702CFD12D8B4873945D1173B3AB1BA86258ECADC86CF3EA067583',1768010400277);
INSERT INTO "batches" VALUES(2,0,X'A69B167A0930BADE2325D87E68E1B2177B4404A74723CD0C3C353BE2F41AC069',1768010400278);
INSERT INTO "batches" VALUES(3,0,X'586EBFD4992564A3F045322CC62312EE25A31A16F4600735E27E66385A6E154E',1768010400285);
INSERT INTO "batches" VALUES(4,0,X'DCAF0E386352AF8D7473D08C5BE97F190424DC045951779E93F54F3C5A069795',1768010400289);
INSERT INTO "batches" VALUES(5,1,X'4647775119E21716E7FE3ED158CC0CADDECB84FCC21316E40D59E389A9A138A8',1768010404567);
INSERT INTO "batches" VALUES(6,2,X'6D04E4EC7CEFA26FCD974A8EE0EFA5361649F832E62B690A4689A163A882E6CF',1768010404568);
INSERT INTO "batches" VALUES(7,3,X'951813B83A6F27AFF2D07E318910D2D18F96EB71F829276D4479A0E3F771887A',1768010404573);
INSERT INTO "batches" VALUES(8,4,X'65F24213635D0C95235E51C80361B672D68AD666D4F8752D1C302A2775555950',1768010404574);
CREATE TABLE inbound (
        row INTEGER PRIMARY KEY, id BLOB NOT NULL, payer INTEGER, payee INTEGER, amount INTEGER NOT NULL,
        submitted_at INTEGER NOT NULL, decided_at INTEGER NOT NULL, state INTEGER NOT NULL, reason INTEGER NOT NULL
    );
INSERT INTO "inbound" VALUES(3,X'019BA5A1D2DC78E79BA7896C3C270038',21000000000013,31000000000011,1000,1768010404572,1768010404573,1,0);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "meta" VALUES('config','[cluster]
algorithm = "gross_fifo"
bilateral_limit = "unlimited"
changes = []
clock = "wall"
credit_price = "0"
cut_offs = ["06:00", "12:00", "18:00", "24:00"]
expiry_seconds = 30
expiry_ticks = 2
funding_minutes = 0
gross_first = true
haircut_permille = 0
limits = "2021"
look_ahead = 10
queue_capacity = 16384
regime = "cash"
settlement = "deferred-net"
shortfall = "partial-net"
start = "2022-08-24"
tick_seconds = 60

[[cluster.operators]]
cap = "10000000000.00"
code = "ICBC"
collateral = "0.00"
credit = "0.00"
deposits = "50000000000.00"
earmarked = "0.00"
name = "Industrial and Commercial Bank of China"
name_zh = "中国工商银行"
prefix = "002"
receiver_cap = "unlimited"
reserves = "100000000000.00"
stock = "50000000000.00"
weight = 19

[cluster.operators.bilateral_limits]

[[cluster.operators]]
cap = "10000000000.00"
code = "ABC"
collateral = "0.00"
credit = "0.00"
deposits = "50000000000.00"
earmarked = "0.00"
name = "Agricultural Bank of China"
name_zh = "中国农业银行"
prefix = "003"
receiver_cap = "unlimited"
reserves = "100000000000.00"
stock = "50000000000.00"
weight = 12

[cluster.operators.bilateral_limits]
');
INSERT INTO "meta" VALUES('identity','operator ABC; regime cash; clock wall; limits 2021; operators ABC:003 ICBC:002; haircut 0; credit');
INSERT INTO "meta" VALUES('synced','');
CREATE TABLE outcomes (
        row INTEGER PRIMARY KEY, of INTEGER NOT NULL, reason INTEGER NOT NULL, cycle INTEGER NOT NULL,
        at INTEGER NOT NULL
    );
INSERT INTO "outcomes" VALUES(4,3,0,1,1768010404573);
CREATE TABLE payments (
        row INTEGER PRIMARY KEY, id BLOB NOT NULL, request_id NOT NULL, payer INTEGER NOT NULL,
        payee INTEGER NOT NULL, amount INTEGER NOT NULL, submitted_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
        state INTEGER NOT NULL, reason INTEGER NOT NULL, remark TEXT
    );
CREATE TABLE queued (payment INTEGER PRIMARY KEY);
CREATE TABLE roster (prefix INTEGER PRIMARY KEY, code TEXT NOT NULL);
INSERT INTO "roster" VALUES(2,'ICBC');
INSERT INTO "roster" VALUES(3,'ABC');
CREATE TABLE state (
        id INTEGER PRIMARY KEY CHECK (id = 1), incarnation INTEGER NOT NULL, advice INTEGER NOT NULL,
        central_bank_batch INTEGER NOT NULL, tick INTEGER NOT NULL, next_index INTEGER NOT NULL,
        complete INTEGER NOT NULL, tick_ended INTEGER NOT NULL
    );
INSERT INTO "state" VALUES(1,1,2,11,0,0,0,0);
CREATE TABLE wallet_events (
        row INTEGER PRIMARY KEY, wallet INTEGER NOT NULL, kind INTEGER NOT NULL, amount INTEGER NOT NULL,
        class INTEGER NOT NULL, request_id, at INTEGER NOT NULL
    );
INSERT INTO "wallet_events" VALUES(1,31000000000011,1,0,1,NULL,1768010404567);
INSERT INTO "wallet_events" VALUES(2,31000000000029,1,0,1,NULL,1768010404568);
CREATE TABLE wallets (
        slot INTEGER PRIMARY KEY, number INTEGER NOT NULL, phone_hash BLOB, evidence INTEGER NOT NULL, name TEXT
    );
INSERT INTO "wallets" VALUES(0,31000000000011,X'1975A3A7774C4E0EC4809EC2E44FF1E4',7,NULL);
INSERT INTO "wallets" VALUES(1,31000000000029,X'1975A3A7774C4E0EC4809EC2E44FF1E4',7,NULL);
CREATE TABLE withdrawals (operation BLOB PRIMARY KEY, amount INTEGER NOT NULL, held INTEGER NOT NULL) WITHOUT ROWID;
COMMIT;
