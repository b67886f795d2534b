-- A shop for tea and what belongs to it. Prices are in euros.

CREATE TABLE categories (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

CREATE TABLE products (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  category_id INTEGER NOT NULL REFERENCES categories(id),
  price REAL NOT NULL -- of one piece, in euros
);

CREATE TABLE customers (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  city TEXT NOT NULL,
  country TEXT NOT NULL -- in English, such as 'Portugal'
);

CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers(id),
  ordered_on TEXT NOT NULL -- such as '2024-11-30'
);

CREATE TABLE order_lines (
  order_id INTEGER NOT NULL REFERENCES orders(id),
  product_id INTEGER NOT NULL REFERENCES products(id),
  quantity INTEGER NOT NULL,
  PRIMARY KEY (order_id, product_id)
);

INSERT INTO categories VALUES (1, 'Black tea'), (2, 'Green tea'), (3, 'Teaware'), (4, 'Sweets');

INSERT INTO products VALUES
  (1, 'Assam Breakfast 100 g', 1, 6.90), (2, 'Darjeeling First Flush 100 g', 1, 14.50), (3, 'Earl Grey 100 g', 1, 7.20),
  (4, 'Lapsang Souchong 50 g', 1, 8.40), (5, 'Sencha 100 g', 2, 9.80), (6, 'Gyokuro 50 g', 2, 21.00),
  (7, 'Jasmine Pearls 50 g', 2, 12.60), (8, 'Cast Iron Pot', 3, 64.00), (9, 'Glass Cup', 3, 11.00),
  (10, 'Bamboo Whisk', 3, 18.50), (11, 'Ginger Biscuits', 4, 4.80), (12, 'Heather Honey', 4, 8.90);

INSERT INTO customers VALUES
  (1, 'Inês Carvalho', 'Porto', 'Portugal'), (2, 'Rui Tavares', 'Lisbon', 'Portugal'), (3, 'Aoife Brennan', 'Galway', 'Ireland'),
  (4, 'Sanne de Wit', 'Utrecht', 'Netherlands'), (5, 'Joris Mulder', 'Leiden', 'Netherlands'), (6, 'Maja Lindqvist', 'Malmö', 'Sweden'),
  (7, 'Elias Berg', 'Uppsala', 'Sweden'), (8, 'Chiara Donati', 'Turin', 'Italy'), (9, 'Pádraig Walsh', 'Cork', 'Ireland'),
  (10, 'Beatriz Nunes', 'Faro', 'Portugal'), (11, 'Thijs O''Hara', 'Delft', 'Netherlands');

INSERT INTO orders VALUES
  (1, 1, '2023-03-04'), (2, 3, '2023-03-19'), (3, 4, '2023-05-02'), (4, 1, '2023-06-11'), (5, 6, '2023-07-07'),
  (6, 8, '2023-09-23'), (7, 2, '2023-10-14'), (8, 5, '2023-11-28'), (9, 3, '2023-12-05'), (10, 9, '2023-12-18'),
  (11, 1, '2024-01-09'), (12, 7, '2024-01-30'), (13, 4, '2024-02-16'), (14, 10, '2024-03-03'), (15, 2, '2024-04-21'),
  (16, 6, '2024-05-13'), (17, 3, '2024-06-02'), (18, 8, '2024-08-27'), (19, 5, '2024-09-15'), (20, 1, '2024-10-10'),
  (21, 11, '2024-11-22'), (22, 9, '2024-11-30'), (23, 10, '2024-12-08'), (24, 4, '2024-12-20');

INSERT INTO order_lines VALUES
  (1, 1, 2), (1, 11, 3), (2, 3, 1), (2, 9, 4), (3, 5, 2), (4, 2, 1), (4, 12, 2), (5, 8, 1), (5, 5, 1), (6, 6, 2),
  (7, 1, 4), (8, 7, 1), (8, 10, 1), (9, 3, 3), (9, 11, 6), (10, 4, 2), (11, 2, 2), (11, 9, 2), (12, 6, 1), (12, 10, 1),
  (13, 5, 3), (13, 12, 1), (14, 1, 1), (14, 8, 1), (15, 11, 8), (16, 7, 2), (16, 9, 6), (17, 3, 2), (18, 8, 1), (18, 6, 1),
  (19, 5, 1), (19, 4, 1), (20, 2, 3), (20, 11, 2), (21, 10, 1), (21, 6, 2), (22, 4, 3), (22, 12, 2), (23, 1, 5), (24, 7, 1);
