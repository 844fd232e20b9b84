extension SampleLocale {
    static let latinAmerican = [brazil, mexico]

    private static let brazil = SampleLocale(
        "BR", "BRL", unitsPerEuro: 6, weight: 4,
        names: NameStock(
            women: "Ágata, Conceição, Débora, Fabíola, Iracema, Jussara, Luísa, Mônica, Raíssa, Taís, Verônica",
            men: "Antônio, Caio, Davi, Flávio, Heitor, João Vítor, Otávio, Raí, Sebastião, Thiago, Ubirajara",
            family: """
                Alcântara, Brandão, Conceição Lima, da Cunha, de Assunção, Esteves, Figueirôa, Guimarães, Itaborahy, Leão,
                Magalhães,
                Nóbrega, dos Reis, Simões, Tavares Frota, Uchôa
                """,
            middle: .secondGiven, titlesOfWomen: "Sra., Dona, Dra.", titlesOfMen: "Sr., Dr., Eng."),
        places: PlaceStock(
            cities: """
                São Paulo | SP | 01###-### | +55 11 0###-####
                Rio de Janeiro | RJ | 20###-### | +55 21 0###-####
                Belém | PA | 66###-### | +55 91 0###-####
                Curitiba | PR | 80###-### | +55 41 0###-####
                Maceió | AL | 57###-### | +55 82 0###-####
                """,
            streets: """
                Rua das Jabuticabeiras, Avenida Beira-Rio, Travessa do Cajueiro, Alameda dos Ipês, Rua São João do Poço,
                Largo da Estação
                """,
            streetLines: """
                $, %##
                $, %##, apto. %#
                $, s/n
                """),
        firms: FirmStock(
            stems: "Araçá, Beija-Flor Azul, Capivara, Igarapé Novo, Mandacaru, Pé de Serra, Três Lagoas do Vale",
            trades: """
                Alimentos, Agropecuária, Logística, Cosméticos, Energia, Educação, Tecnologia
                """,
            legalForms: "Ltda., S.A., ME",
            jobs: "Gerente de compras, Diretora, Contador, Engenheira de produção, Enfermeiro, Vendedora, Analista de sistemas"),
        numbers: NumberStock(
            mobiles: "+55 11 90###-####, +55 (21) 90###-####, +55 91 90### ####", nationalIDs: "000.###.###-##",
            bankAccounts: "000# / #####-#"),
        remarks: """
            Prefere WhatsApp; não gosta de ligação.
            Está em férias até o carnaval.
            """)

    private static let mexico = SampleLocale(
        "MX", "MXN", unitsPerEuro: 20, weight: 4,
        names: NameStock(
            women: "Araceli, Belén, Citlali, Dulce María, Guadalupe, Itzel, María José, Nayeli, Regina, Xóchitl, Yolotzin",
            men: "Adrián, Cuauhtémoc, Efraín, Germán, Iván, José Ángel, Leobardo, Nahuel, Rodrigo, Tonatiuh, Ulises",
            family: """
                Ávila Tenorio, Bañuelos, Cárdenas Mejía, Domínguez Paz, Escamilla, Galván Ruelas, Hinojosa, Jáuregui, Larrañaga,
                Montaño Cruz, Nájera, Ocampo Ríos, Quiroz, Sepúlveda, Tlapanco, Zúñiga
                """,
            middle: .secondGiven, titlesOfWomen: "Sra., Lic., Dra., Ing.", titlesOfMen: "Sr., Lic., Dr., Ing."),
        places: PlaceStock(
            cities: """
                Ciudad de México | CDMX | 06### | +52 55 0### ####
                Guadalajara | Jalisco | 44### | +52 33 0### ####
                Mérida | Yucatán | 97### | +52 999 0## ####
                Oaxaca de Juárez | Oaxaca | 68### | +52 951 0## ####
                Monterrey | Nuevo León | 64### | +52 81 0### ####
                """,
            streets: """
                Calle Jacarandas, Avenida del Nopal, Privada Colibrí, Calzada de los Arcos, Cerrada del Tule, Calle 5 de Enero
                """,
            streetLines: """
                $ %##
                $ %#, Int. %
                $ %##, Col. Centro
                """),
        firms: FirmStock(
            stems: "Ajolote, Cenzontle, Cielo Ranchero, Dos Volcanes, Nopalitos, Quetzalina, Vientos del Istmo",
            trades: """
                Alimentos, Autopartes, Mezcales, Textiles, Transportes, Salud, Software
                """,
            legalForms: "S.A. de C.V., S. de R.L.",
            jobs: "Gerente de compras, Directora comercial, Contador, Ingeniero de planta, Enfermera, Asesora, Jefe de almacén"),
        numbers: NumberStock(
            mobiles: """
                +52 55 0### ####, +52 33 0### ####
                """,
            nationalIDs: "XXXXymdHNE@@@#0, XXXXymdMNE@@@#0", bankAccounts: "000###############"),
        remarks: """
            Pide siempre factura con desglose.
            Dijo: «mañana sin falta». Llamar el jueves.
            """)
}
