-- Whether the kind is wanted as a text message too. Null: nothing was chosen, and none is sent.
ALTER TABLE choices ADD COLUMN texted boolean;
