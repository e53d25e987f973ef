-- How a message goes: 1 by mail, 2 as a text message; its address is then a telephone number.
ALTER TABLE messages ADD COLUMN medium smallint NOT NULL DEFAULT 1;
