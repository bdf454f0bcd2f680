%% Relups as systools makes them of appups on disk, and what becomes of them.
-module(hot_deploy_relup_tests).
-include_lib("eunit/include/eunit.hrl").

%% Two applications whose versions differ in a module that comes and one that goes.
relup(Shop, Cart) -> relup(Shop, Cart, {[shop, shop_new], [shop, shop_old]}).

relup({ShopUp, ShopDown}, {CartUp, CartDown}, {New, Old}) ->
    Root = string:trim(os:cmd("mktemp -d")),
    application(Root, shop, "2", New, {"2", [{"1", ShopUp}], [{"1", ShopDown}]}),
    application(Root, shop, "1", Old, none),
    application(Root, cart, "2", [cart], {"2", [{"1", CartUp}], [{"1", CartDown}]}),
    application(Root, cart, "1", [cart], none),
    [release(Root, Version) || Version <- ["1", "2"]],
    try
        made(Root)
    after
        file:del_dir_r(Root)
    end.

made(Root) -> made(Root, #{}).

%% Some under another name than their version.
made(Root, As) ->
    None = #{directory => none, modules => []},
    hot_deploy_relup:make(#{
        new => filename:join(Root, "2"), old => filename:join(Root, "1"),
        path => [filename:join(Root, "*/ebin")], joined => [], moved => [], helper => "/app/releases/2/hot_deploy_step",
        exchanged => [{Name, placed(Root, Name, "1", As), placed(Root, Name, "2", As),
                       filename:join([Root, lists:concat([Name, "-2"]), "ebin", lists:concat([Name, ".appup"])])}
                      || Name <- [shop, cart]],
        new_protocols => None, old_protocols => None
    }).

placed(Root, Name, Version, As) ->
    {filename:join([Root, lists:concat([Name, "-", Version]), "ebin"]), Version, maps:get({Name, Version}, As, Version)}.

application(Root, Name, Version, Modules, Appup) ->
    Base = filename:join([Root, lists:concat([Name, "-", Version]), "ebin", Name]),
    ok = filelib:ensure_dir(Base),
    Keys = [{description, ""}, {vsn, Version}, {modules, Modules}, {registered, []},
            {applications, [kernel, stdlib]}, {mod, {Name, []}}],
    write(Base ++ ".app", {application, Name, Keys}),
    Appup =:= none orelse write(Base ++ ".appup", Appup).

release(Root, Version) ->
    Platform = [begin _ = application:load(Name), {ok, Vsn} = application:get_key(Name, vsn), {Name, Vsn} end
                || Name <- [kernel, stdlib, sasl]],
    write(filename:join(Root, Version) ++ ".rel",
          {release, {"shop", Version}, {erts, "1"}, Platform ++ [{shop, Version}, {cart, Version}]}).

write(File, Term) -> ok = file:write_file(File, io_lib:format("~p.~n", [Term])).

soft(Module) -> {load_module, Module, soft_purge, soft_purge, []}.
gone(Module) -> {remove, {Module, soft_purge, soft_purge}}.

instructions(Way, Relup) ->
    {_, [_ | Instructed]} = lists:splitwith(fun(I) -> I =/= point_of_no_return end, script(Way, Relup)),
    Instructed.

script(Way, Relup) ->
    #{Way := #{instructions := Instructions}} = Relup,
    Read = fun(Text) ->
        {ok, Tokens, _} = erl_scan:string(unicode:characters_to_list(Text) ++ "."),
        {ok, Term} = erl_parse:parse_term(Tokens),
        Term
    end,
    lists:map(Read, Instructions).

a_module_goes_only_when_all_that_may_call_it_is_new_test() ->
    Held = {update, cart, {advanced, []}, soft_purge, soft_purge, []},
    Relup = relup({[gone(shop_old), soft(shop), soft(shop_new)], [gone(shop_new), soft(shop), soft(shop_old)]},
                  {[Held], [Held]}),
    [?assertMatch([{remove, {Goes, soft_purge, soft_purge}} | Before] when length(Before) =:= 6,
                  lists:reverse(instructions(Way, Relup)))
     || {Way, Goes} <- [{up, shop_old}, {down, shop_new}]],
    ?assertMatch(#{up := #{removes := [shop_old]}, down := #{removes := [shop_new]}}, Relup).

a_module_goes_behind_the_end_of_the_process_that_runs_it_test() ->
    End = {apply, {supervisor, terminate_child, [shop_sup, shop_old]}},
    Relup = relup({[gone(shop_old), End], []}, {[], []}),
    ?assertEqual([End, gone(shop_old)], instructions(up, Relup)).

a_module_that_no_specification_lists_is_loaded_like_any_other_test() ->
    Root = string:trim(os:cmd("mktemp -d")),
    [application(Root, Name, Version, [], case Version of "1" -> none; "2" -> appup(Name) end)
     || Name <- [shop, cart], Version <- ["1", "2"]],
    [release(Root, Version) || Version <- ["1", "2"]],
    {ok, shop, Beam} = compile:forms([{attribute, 1, module, shop}]),
    [ok = file:write_file(filename:join([Root, Directory, "ebin", "shop.beam"]), Beam) || Directory <- ["shop-1", "shop-2"]],
    try
        ?assertMatch(#{up := #{loads := [shop]}, down := #{loads := [shop]}}, made(Root))
    after
        file:del_dir_r(Root)
    end.

what_is_placed_under_another_name_is_loaded_from_there_test() ->
    Root = string:trim(os:cmd("mktemp -d")),
    application(Root, shop, "1", [shop], none),
    application(Root, shop, "2", [shop], {"2", [{<<"1.*">>, [soft(shop)]}], [{<<"1.*">>, [soft(shop)]}]}),
    [application(Root, cart, Version, [cart], none) || Version <- ["1", "2"]],
    write(filename:join([Root, "cart-2", "ebin", "cart.appup"]), appup(cart)),
    [release(Root, Version) || Version <- ["1", "2"]],
    try
        Relup = made(Root, #{{shop, "1"} => "1+A", {shop, "2"} => "1+B"}),
        ?assertEqual([{up, "1+B"}, {down, "1+A"}],
                     [{Way, As} || Way <- [up, down], {load_object_code, {shop, As, [shop]}} <- script(Way, Relup)])
    after
        file:del_dir_r(Root)
    end.

appup(shop) -> {"2", [{"1", [soft(shop)]}], [{"1", [soft(shop)]}]};
appup(cart) -> {"2", [{"1", []}], [{"1", []}]}.

nobody_is_killed_whatever_purge_an_appup_leaves_to_the_default_test() ->
    Relup = relup({[{load_module, shop}, {add_module, shop_new}, {delete_module, shop_old}],
                   [{update, shop, {advanced, []}}, {add_module, shop_old}, {delete_module, shop_new}]},
                  {[], []}),
    [begin
         Said = instructions(Way, Relup),
         ?assertEqual([], [purge || {purge, _} <- Said]),
         ?assertEqual([], [Purge || {_, {_, Purge, Post}} <- Said, Purge =:= brutal_purge orelse Post =:= brutal_purge])
     end || Way <- [up, down]],
    ?assertMatch(#{up := #{removes := [shop_old]}, down := #{removes := [shop_new]}}, Relup).

a_restart_of_an_application_by_hand_stays_one_test() ->
    Restart = [{restart_application, shop}],
    #{up := Up} = Relup = relup({Restart, Restart}, {[], []}),
    ?assertMatch(#{restarts := [shop], removes := [shop_old], loads := [shop, shop_new], applies := 0}, Up),
    ?assertMatch([{apply, {application, stop, [shop]}}, {remove, {shop, brutal_purge, brutal_purge}}, {purge, [shop]} | _],
                 instructions(up, Relup)).

what_is_loaded_held_and_migrated_is_what_systools_made_of_the_appups_test() ->
    Update = {update, shop, static, 100, {advanced, []}, soft_purge, soft_purge, []},
    Relup = relup({[soft(shop_new), Update], [Update, soft(shop_old)]},
                  {[{update, cart, {advanced, []}}], [{update, cart, {advanced, []}}]}),
    #{up := Up, down := Down} = Relup,
    ?assertMatch(#{holds := [shop, cart], restarts := []}, Up),
    ?assertEqual([cart, shop, shop_new], lists:sort(maps:get(loads, Up))),
    ?assertEqual([#{module => shop, loaded => true}, #{module => cart, loaded => true}], maps:get(migrates, Up)),
    %% A static module is asked once its old code is there, any other before.
    ?assertEqual([#{module => shop, loaded => true}, #{module => cart, loaded => false}], maps:get(migrates, Down)).

what_systools_refuses_is_told_in_its_words_test() ->
    ?assertThrow({refused, relup_failed, <<"Multiply defined module: shop\n">>},
                 relup({[soft(shop), {update, shop}], []}, {[], []})).
