// Phone numbers lie in the ranges kept for fiction: NANP 555-01xx, the Ofcom drama ranges, the ACMA creative ranges.
extension SampleLocale {
    static let english = [unitedStates, unitedKingdom, australia]

    private static let unitedStates = SampleLocale(
        "US", "USD", weight: 8,
        names: NameStock(
            women: "Abigail, Brianna, Callie, Delaney, Emery, Faith, Gwendolyn, Hadley, Jocelyn, Kendra, Maribel, Renée",
            men: "Aiden, Barrett, Caleb, Dashiell, Elijah, Grady, Jamal, Kellan, Landon, Nolan, Rafael, Tobias",
            family: """
                Alderbrook, Bannister, Calloway, Delacroix, Easterday, Fairbairn, Greenhalgh, Hollowell, Ibarra, Jessup,
                Kowalczyk, Lovelace-Boone, MacAuley, Nakagawa, O'Dell, Pemberwick, Ridgeway, Sandoval, Thornbury, Winslet
                """,
            middle: .secondGiven, titlesOfWomen: "Ms., Mrs., Dr.", titlesOfMen: "Mr., Dr., Mr."),
        places: PlaceStock(
            cities: """
                New York | NY | 100## | +1 (212) 555-01##
                Chicago | IL | 606## | +1 (312) 555-01##
                Austin | TX | 787## | +1 512-555-01##
                Portland | OR | 972## | +1 503-555-01##
                Boise | ID | 837##-#### | +1 208 555 01##
                Savannah | GA | 314## | +1 (912) 555-01##
                San José | CA | 951## | +1 408.555.01##
                """,
            streets: "Maple Avenue, Quarry Road, Old Mill Lane, Larkfield Drive, Juniper Street, Harbor Way, County Road 9",
            streetLines: """
                %## $
                %### $
                %## $, Apt. %%
                %## $, Suite %00
                """),
        firms: FirmStock(
            stems: "Bluequill, Cedarfall, Driftmark, Emberline, Foxglade, Graniteer, Holloway Pike, Ironwren, Lumenfold",
            trades: "Analytics, Freight, Foods, Robotics, Outfitters, Supply, Health, Media", legalForms: "Inc., LLC, Corp.",
            jobs: """
                Account Executive, Operations Manager, Director of Purchasing, Software Engineer, Office Manager, CFO,
                VP of Sales, Warehouse Lead, Marketing Specialist, Nurse Practitioner
                """),
        numbers: NumberStock(
            mobiles: "+1 (646) 555-01##, +1 773-555-01##, +1 737 555 01##, +1 971.555.01##",
            nationalIDs: "9##-0#-####", bankAccounts: "00000####-########, 00000#### 0########"),
        remarks: """
            Prefers a text before any call.
            Ask about the softball league before talking numbers.
            """)

    private static let unitedKingdom = SampleLocale(
        "GB", "GBP", weight: 7,
        names: NameStock(
            women: "Agnes, Beatrix, Cerys, Deirdre, Eilidh, Fiona, Harriet, Imogen, Niamh, Priya, Rosalind, Zoë",
            men: "Alasdair, Benedict, Callum, Dafydd, Euan, Fergus, Gethin, Hamish, Imran, Rhys, Rupert, Seán",
            family: """
                Applegarth, Birtwhistle, Cholmondeley, Drinkwater, Entwistle, Featherstone, Gwynne, Hathersage, Kirkbride,
                Llewellyn-Moss, MacInnes, Ní Dhuibhne, O'Rourke, Pettigrew, Ravenscroft, Siddiqui, Thwaite, Wolstenholme
                """,
            middle: .secondGiven, titlesOfWomen: "Ms, Mrs, Miss, Dr", titlesOfMen: "Mr, Dr, Mr"),
        places: PlaceStock(
            cities: """
                London | Greater London | EC%A %@@ | +44 20 7946 0###
                Manchester | Greater Manchester | M%% %@@ | +44 161 496 0###
                Bristol | Bristol | BS% %@@ | +44 117 496 0###
                Leeds | West Yorkshire | LS%% %@@ | +44 113 496 0###
                Edinburgh | Scotland | EH%% %@@ | +44 131 496 0###
                Cardiff | Wales | CF%% %@@ | +44 29 2018 0###
                Belfast | Northern Ireland | BT%% %@@ | +44 28 9649 6###
                """,
            streets: "Saddler's Row, Chapel Walk, Elm Crescent, Foundry Lane, St Bride's Hill, Tanyard Close, Wharf Street",
            streetLines: """
                %# $
                % $
                Flat %, %# $
                The Old Bakery, $
                """),
        firms: FirmStock(
            stems: "Thistledown, Marrowby, Oakhanger, Pennyfarthing, Quillstone, Rookhope, Saltmere, Tamarind & Hale, Underwold",
            trades: "Instruments, Logistics, Publishing, Ceramics, Brewing, Engineering, Care, Textiles",
            legalForms: "Ltd, plc, LLP, Ltd",
            jobs: """
                Head of Procurement, Managing Director, Project Manager, Finance Officer, Solicitor, Site Supervisor,
                Practice Manager, Buyer, Data Analyst, Ward Sister
                """),
        numbers: NumberStock(
            mobiles: "+44 7700 900###, +44 7700 900 ###",
            nationalIDs: "QQ ## ## ## C, QQ ## ## ## A", bankAccounts: "GB00 @@@@ #### #### #### ##"),
        remarks: """
            Off on Fridays; try Thursday afternoon.
            Takes milk, no sugar, and no cold calls.
            """)

    private static let australia = SampleLocale(
        "AU", "AUD", unitsPerEuro: 2, weight: 4,
        names: NameStock(
            women: "Alinta, Bronte, Charlotte, Eloise, Jedda, Kirra, Lachlana, Matilda, Nerida, Tahlia",
            men: "Angus, Bodhi, Cooper, Darcy, Flynn, Jarrah, Lachlan, Murray, Rohan, Zac",
            family: """
                Ashgrove, Billington, Cazneaux, Dunmore, Fairweather, Gallagher-Tran, Hargreave, Kingsford, Lillywhite,
                McAlister, Nguyen-Cole, Papadakis, Quilty, Rossiter, Wollstone
                """,
            middle: .secondGiven, titlesOfWomen: "Ms, Mrs, Dr", titlesOfMen: "Mr, Dr, Mr"),
        places: PlaceStock(
            cities: """
                Sydney | NSW | 20## | +61 2 5550 ####
                Melbourne | VIC | 30## | +61 3 5550 ####
                Brisbane | QLD | 40## | +61 7 5550 ####
                Adelaide | SA | 50## | +61 8 5550 ####
                Perth | WA | 60## | +61 8 5550 ####
                """,
            streets: "Banksia Street, Wattle Grove, Kookaburra Lane, Jetty Road, Ironbark Avenue, Stockyard Place",
            streetLines: """
                %# $
                Unit %, %# $
                %/%## $
                """),
        firms: FirmStock(
            stems: "Billabright, Coolabar, Dustwillow, Gumleaf & Co, Mallee Ridge, Outpost Nine, Redgum Bay, Tidewarden",
            trades: "Mining Services, Wines, Surf, Solar, Transport, Grain, Pathology, Studios", legalForms: "Pty Ltd, Ltd",
            jobs: "Site Engineer, Station Manager, Sales Lead, Agronomist, Practice Nurse, Estimator, Operations Lead, CEO"),
        numbers: NumberStock(
            mobiles: """
                +61 491 570 006, +61 491 570 156, +61 491 570 157, +61 491 570 158, +61 491 570 159, +61 491 570 110,
                +61 491 570 313, +61 491 570 737, +61 491 571 266, +61 491 571 491, +61 491 571 804, +61 491 572 549,
                +61 491 572 665, +61 491 572 983, +61 491 573 087, +61 491 573 770, +61 491 574 118, +61 491 574 632
                """,
            nationalIDs: "000 ### ###", bankAccounts: "000-### #########"),
        remarks: """
            Out on site most mornings, best reached after smoko.
            Time zone matters: half an hour off the east coast.
            """)
}
